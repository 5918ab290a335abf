package import PostboxCore

/// Looks whether the files that a destination's connections need can be used, without any network.
package enum ConnectionCheck {
    /// What is wrong with them, in a sentence's part; nil: nothing.
    package static func fault(of destination: Destination) -> String? {
        do {
            if destination.urls.contains(where: \.isTLS) { _ = try ConnectionMaker.context(destination.tls) }
            if case .keyFile(let path)? = destination.token?.grant { _ = try Disk.contents(path) }
            return nil
        } catch let error as ConnectionError {
            return error.message
        } catch {
            return ConnectionMaker.words(error)
        }
    }
}
