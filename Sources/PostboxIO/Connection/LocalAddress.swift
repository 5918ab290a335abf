internal import Glibc
package import PostboxCore

/// This host's own IPv4 address: the position of a login, the address in `PostUserInfo`.
package enum LocalAddress {
    /// For a server on this host the loopback address, else the first address of an interface that is up.
    package static func ofThisHost(for host: String) -> String {
        if host == "localhost" || host.hasPrefix("127.") || host == "::1" { return "127.0.0.1" }
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return "127.0.0.1" }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let address = entry.pointee.ifa_addr, Int32(address.pointee.sa_family) == AF_INET,
                entry.pointee.ifa_flags & UInt32(IFF_UP) != 0,
                entry.pointee.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { continue }
            let ip = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr.s_addr }
            return [0, 8, 16, 24].map { String((ip >> $0) & 0xff) }.joined(separator: ".")
        }
        return "127.0.0.1"
    }

    /// What stands in `PostUserInfo`: the address must be dotted IPv4 and the number a UInt32 (What servers do §2.4);
    /// the examples send the application's number (The wire §3.5). RCC directly is sent none.
    package static func postUserInfo(
        of destination: Destination, address: String
    ) -> (address: String, userID: UInt32)? {
        switch destination.postUserInfo {
        case .none: nil
        case .given(let address, let userID): (address, userID)
        case .auto:
            destination.profile == .rcc ? nil : (address, UInt32(destination.applicationID) ?? 1)
        }
    }
}
