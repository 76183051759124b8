/// Where the service listens.
package enum ListenAddress: Sendable, Hashable {
    /// `host` is an IPv4 address, an IPv6 address without brackets, or a name to be resolved. Port 0 lets the kernel
    /// choose.
    case tcp(host: String, port: UInt16)

    /// An absolute path.
    case unix(path: String)

    /// `127.0.0.1:8808`
    package static let standard = ListenAddress.tcp(host: "127.0.0.1", port: 8808)

    /// Whether only programs on this machine can connect: 127.0.0.0/8, ::1, `localhost`, a Unix socket.
    package var isLoopback: Bool {
        switch self {
        case .unix: return true
        case .tcp(let host, _):
            if host == "::1" || host.lowercased() == "localhost" { return true }
            let parts = host.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    /// As it is written in the file: `127.0.0.1:8808`, `[::1]:8808`, `unix:/run/gateway.sock`.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension ListenAddress {
    /// `nil` for a Unix socket.
    package var port: UInt16? {
        switch self {
        case .tcp(_, let port): port
        case .unix: nil
        }
    }
}
