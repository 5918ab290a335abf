internal import Foundation
internal import NIOCore
internal import PostboxCore
internal import PostboxIO
internal import Simulator

/// Errors in words for people: ours as they are, a library's never.
enum Words {
    static func of(_ error: any Error) -> String {
        switch error {
        case let error as DiskError: error.description
        case let error as LedgerError: "\(error)"
        case let error as SpoolLock.Taken: error.description
        case let error as PostboxService.SpoolProblem: error.description
        case let error as SourceFile.Changed: error.description
        case let error as FileProblem: error.text
        case let error as LastRun.Damaged: error.description
        case let error as ResultBytes.Damaged: error.description
        case let error as LastBook.Unknown: error.description
        case let error as TableFault: error.text
        case let error as DictionaryFault: "the dictionary (`\(error.part.rawValue)`): \(error.text)"
        case let error as ConnectionError: "\(error)"
        case let error as ScenarioError: "\(error)"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as CocoaError: error.localizedDescription
        case is CancellationError: "it was stopped"
        default: "a fault of Postbox itself"
        }
    }
}
