internal import Foundation
internal import Glibc
internal import PostboxIO

/// Places where tests end the process as a power cut would. Compiled into debug builds only.
enum FailPoint {
    #if DEBUG
        private static let wanted = ProcessInfo.processInfo.environment["POSTBOX_FAIL_POINT"]
    #endif

    /// Kills the process when the environment names this place.
    @inline(__always)
    static func reach(_ label: StaticString) {
        #if DEBUG
            if wanted == "\(label)" { kill(getpid(), SIGKILL) }
        #endif
    }

    /// The same for a step of the index.
    static func reach(_ step: RowIndexStore.Step) {
        #if DEBUG
            if wanted == step.rawValue { kill(getpid(), SIGKILL) }
        #endif
    }

    /// The same for a step of the store of last values.
    static func reach(_ step: LastValuesStore.Step) {
        #if DEBUG
            if wanted == step.rawValue { kill(getpid(), SIGKILL) }
        #endif
    }
}
