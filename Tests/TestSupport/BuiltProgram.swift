package import Foundation

/// The package whose tests run, and the program that was built with them.
package enum BuiltProgram {
    /// What is missing.
    package struct Missing: Error, CustomStringConvertible {
        package var description: String
    }

    /// The built `postbox`: it lies beside the test bundle.
    package static func postbox() throws -> URL { try named("postbox") }

    /// A built program of the package, beside the test bundle or in the folder that `POSTBOX_PROGRAMS` names.
    package static func named(_ name: String) throws -> URL {
        if let folder = ProcessInfo.processInfo.environment["POSTBOX_PROGRAMS"] {
            return try executable(URL(fileURLWithPath: folder).appendingPathComponent(name))
        }
        return try executable(try running().deletingLastPathComponent().appendingPathComponent(name))
    }

    private static func executable(_ program: URL) throws -> URL {
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw Missing(description: "there is no built program at \(program.path)")
        }
        return program
    }

    /// The package's folder: the nearest one above the test bundle, or the working directory, that has a Package.swift.
    package static func packageFolder() throws -> URL {
        let current = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        for start in [try running(), current.appendingPathComponent("x")] {
            var folder = start.deletingLastPathComponent()
            while folder.path != "/" {
                if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
                    return folder
                }
                folder = folder.deletingLastPathComponent()
            }
        }
        throw Missing(description: "there is no Package.swift above the test bundle or the working directory")
    }

    private static func running() throws -> URL {
        URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    }
}
