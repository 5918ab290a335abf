internal import Foundation
internal import Synchronization

/// What must not outlive this process: its children, and its folder.
enum Ending {
    private struct State {
        var folder: String?
        var children: Set<pid_t> = []
        var signals: [any DispatchSourceSignal] = []
    }

    private static let state = Mutex(State())

    /// Removes the folder when the process is told to stop.
    static func watch(_ folder: String) {
        state.withLock { state in
            state.folder = folder
            for number in [SIGINT, SIGTERM] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler {
                    clear()
                    _exit(128 + number)
                }
                source.resume()
                state.signals.append(source)
            }
        }
    }

    /// Kills every child that still runs and removes the folder.
    static func clear() {
        state.withLock { state in
            for child in state.children {
                kill(child, SIGKILL)
                waitpid(child, nil, 0)
            }
            state.children = []
            if let folder = state.folder { try? FileManager.default.removeItem(atPath: folder) }
            state.folder = nil
        }
    }

    static func started(_ child: pid_t) { _ = state.withLock { $0.children.insert(child) } }

    static func ended(_ child: pid_t) { _ = state.withLock { $0.children.remove(child) } }
}
