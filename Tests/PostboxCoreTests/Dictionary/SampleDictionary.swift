import Foundation
import PostboxCore
import TestSupport

/// Dictionaries that tests look into.
enum SampleDictionary {
    /// The one of samples/.
    static func load() throws -> FieldDictionary {
        try load(BuiltProgram.packageFolder().appendingPathComponent("samples/dictionary"))
    }

    /// A real one, in the folder that POSTBOX_DICTIONARY names; nil: none is at hand.
    static let real = ProcessInfo.processInfo.environment["POSTBOX_DICTIONARY"].map { URL(fileURLWithPath: $0) }

    static func bytes(_ folder: URL) throws -> (fields: [UInt8], enums: [UInt8]) {
        (
            [UInt8](try Data(contentsOf: folder.appendingPathComponent("RDMFieldDictionary"))),
            [UInt8](try Data(contentsOf: folder.appendingPathComponent("enumtype.def")))
        )
    }

    static func load(_ folder: URL) throws -> FieldDictionary {
        let (fields, enums) = try bytes(folder)
        return try DictionaryReader.read(fields: fields, enums: enums)
    }
}
