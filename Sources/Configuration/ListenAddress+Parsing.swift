extension ListenAddress {
    /// Why a text is not an address, to be put after it.
    package struct Malformed: Error, Equatable {
        package var reason: String
    }

    /// Reads `HOST:PORT`, `[IPv6]:PORT`, `:PORT` (every IPv6 and IPv4 address), a bare `PORT` of 127.0.0.1, or
    /// `unix:/PATH`.
    package init(parsing text: String) throws(Malformed) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            self = .unix(path: try Self.socketPath(path))
            return
        }
        let host: String
        let portText: Substring
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]"), text[text.index(after: close)...].hasPrefix(":") else {
                throw Malformed(reason: "is not of the form [ADDRESS]:PORT")
            }
            host = String(text[text.index(after: text.startIndex)..<close])
            portText = text[text.index(after: close)...].dropFirst()
            guard host.contains(":"), host.utf8.allSatisfy(Self.isAllowedInIPv6) else {
                throw Malformed(reason: "has no IPv6 address between its brackets")
            }
        } else if let colon = text.lastIndex(of: ":") {
            let name = text[..<colon]
            guard !name.contains(":") else {
                throw Malformed(reason: "has more than one colon; an IPv6 address stands in brackets, as in [::1]:8808")
            }
            host = name.isEmpty ? "::" : String(name)
            portText = text[text.index(after: colon)...]
            guard host == "::" || host.utf8.allSatisfy(Self.isAllowedInHost) else {
                throw Malformed(
                    reason: "has a host with characters that no host name has; write it like 127.0.0.1:8808")
            }
        } else if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            host = "127.0.0.1"
            portText = text[...]
        } else {
            throw Malformed(reason: "has no port; write it like 127.0.0.1:8808")
        }
        guard !portText.isEmpty, portText.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(portText)
        else {
            throw Malformed(reason: "has the port \"\(portText.shortened)\", which is not a number from 0 to 65535")
        }
        self = .tcp(host: host, port: port)
    }

    /// The kernel keeps the path of a Unix socket in 108 bytes, with a zero at the end.
    private static let maxSocketPathBytes = 107

    private static func socketPath(_ path: String) throws(Malformed) -> String {
        guard path.hasPrefix("/") else {
            throw Malformed(reason: "has no absolute path; write it like unix:/run/mcp.sock")
        }
        guard path.utf8.count <= maxSocketPathBytes else {
            throw Malformed(reason: "has a path of \(path.utf8.count) bytes; the limit is \(maxSocketPathBytes)")
        }
        guard !path.utf8.contains(0) else { throw Malformed(reason: "has a path with a NUL character") }
        return path
    }

    private static func isAllowedInHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAllowedInIPv6(_ byte: UInt8) -> Bool {
        // "%" and a zone follow a link-local address, as in fe80::1%eth0.
        isAllowedInHost(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
    }
}
