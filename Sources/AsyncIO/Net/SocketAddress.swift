import Glibc

/// Where a socket listens or connects to: IPv4, IPv6 or a Unix socket's path.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// A numeric address without brackets, as `inet_ntop(3)` writes it, and a port.
        case ip(address: String, port: UInt16)
        case unix(path: String)
    }

    package let kind: Kind
    private let bytes: [UInt8]
    package let family: Int32

    /// A numeric IPv4 or IPv6 address; `nil` if the text is neither. Does not look names up.
    package init?(ip text: String, port: UInt16) {
        var v4 = sockaddr_in()
        if inet_pton(AF_INET, text, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            self.init(kind: .ip(address: text, port: port), copying: v4, family: AF_INET)
            return
        }
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET6, text, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            self.init(kind: .ip(address: text, port: port), copying: v6, family: AF_INET6)
            return
        }
        return nil
    }

    /// A Unix socket; `nil` if the path is empty or longer than the kernel takes (107 bytes).
    package init?(unixPath path: String) {
        var address = sockaddr_un()
        let utf8 = Array(path.utf8)
        guard !utf8.isEmpty, utf8.count < MemoryLayout.size(ofValue: address.sun_path), !utf8.contains(0) else {
            return nil
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: utf8) }
        self.init(kind: .unix(path: path), copying: address, family: AF_UNIX)
    }

    private init<Raw>(kind: Kind, copying raw: Raw, family: Int32) {
        self.kind = kind
        self.family = family
        bytes = withUnsafeBytes(of: raw) { Array($0) }
    }

    /// From what `accept(2)` or `getsockname(2)` filled in.
    init?(storage: sockaddr_storage, length: socklen_t) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let v4 = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in.self) }
            var text = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
            var address = v4.sin_addr
            guard inet_ntop(AF_INET, &address, &text, socklen_t(text.count)) != nil else { return nil }
            let kind = Kind.ip(address: Self.string(text), port: UInt16(bigEndian: v4.sin_port))
            self.init(kind: kind, copying: v4, family: AF_INET)
        case AF_INET6:
            let v6 = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            var address = v6.sin6_addr
            guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else { return nil }
            let kind = Kind.ip(address: Self.string(text), port: UInt16(bigEndian: v6.sin6_port))
            self.init(kind: kind, copying: v6, family: AF_INET6)
        case AF_UNIX:
            let local = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_un.self) }
            let path = withUnsafeBytes(of: local.sun_path) { Array($0.prefix { $0 != 0 }) }
            self.init(kind: .unix(path: String(decoding: path, as: UTF8.self)), copying: local, family: AF_UNIX)
        default:
            return nil
        }
    }

    private static func string(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package var port: UInt16? {
        if case .ip(_, let port) = kind { port } else { nil }
    }

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool {
        switch kind {
        case .unix: true
        case .ip(let address, _): address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
        }
    }

    package var description: String {
        switch kind {
        case .ip(let address, let port): address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    func withRaw<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        bytes.withUnsafeBytes { raw in
            // The array holds a sockaddr_in, sockaddr_in6 or sockaddr_un, which begin as sockaddr does.
            guard let base = raw.baseAddress else { preconditionFailure("an address is never empty") }
            return body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
    }

    /// The local address of a bound socket: how to learn the port the kernel chose.
    static func local(of descriptor: Int32) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { throw SystemError(operation: "getsockname") }
        guard let address = SocketAddress(storage: storage, length: length) else {
            throw SystemError(operation: "getsockname", code: EAFNOSUPPORT)
        }
        return address
    }

    /// The addresses a host name stands for. Blocks on the system's resolver: for start-up only, never on a loop.
    package static func resolve(host: String, port: UInt16) throws(ResolveError) -> [SocketAddress] {
        if let numeric = SocketAddress(ip: host, port: port) { return [numeric] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &first)
        guard code == 0 else { throw ResolveError(host: host, reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(first) }
        var found: [SocketAddress] = []
        var entry = first
        while let current = entry {
            var storage = sockaddr_storage()
            memcpy(&storage, current.pointee.ai_addr, Int(current.pointee.ai_addrlen))
            if let address = SocketAddress(storage: storage, length: current.pointee.ai_addrlen),
                case .ip(let text, _) = address.kind, let complete = SocketAddress(ip: text, port: port),
                !found.contains(complete)
            {
                found.append(complete)
            }
            entry = current.pointee.ai_next
        }
        return found
    }
}

/// A host name the resolver does not know, or could not ask for.
package struct ResolveError: Error, Sendable, CustomStringConvertible {
    package let host: String
    package let reason: String
    package var description: String { "cannot resolve \"\(host)\": \(reason)" }
}
