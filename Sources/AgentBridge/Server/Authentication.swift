import AsyncIO

/// Who may call.
struct Authentication: Sendable {
    let keys: [[UInt8]]
    let origins: Set<String>
    /// In lower case.
    let hosts: Set<String>

    init(keys: [String], origins: [String], hosts: [String] = []) {
        self.keys = keys.map { Array($0.utf8) }
        self.origins = Set(origins)
        self.hosts = Set(hosts.map { $0.lowercased() })
    }

    /// Whether a key is one of ours. Takes the same time for every wrong key of one length.
    func accepts(_ key: String) -> Bool {
        let given = Array(key.utf8)
        var isKnown = false
        for known in keys {
            var difference = UInt8(given.count == known.count ? 0 : 1)
            for (index, byte) in known.enumerated() {
                difference |= byte ^ (index < given.count ? given[index] : ~byte)
            }
            isKnown = isKnown || difference == 0
        }
        return isKnown
    }

    /// Why a browser's request is refused where nobody needs a key: any web page may send one to a port of its visitor's
    /// machine, and give that port a name of its own (DNS rebinding), so that it may even read the answer.
    func browserRefusal(_ headers: HTTPHeaders, listener: SocketAddress) -> RunFailure? {
        guard keys.isEmpty else { return nil }
        if let origin = headers.first("Origin"), !allows(origin) {
            return RunFailure(
                403, "invalid_request_error", "origin_not_allowed", "This origin may not call the agent.")
        }
        // Whoever reaches a Unix socket is no web page.
        if case .ip = listener.kind, let host = headers.first("Host"), !isOurs(host: host) {
            return RunFailure(
                403, "invalid_request_error", "host_not_allowed",
                "\"\(host.cut(toBytes: 200))\" is not a name of this agent; see allowedHosts.")
        }
        return nil
    }

    /// - Parameter host: with or without a port. Only names can be made to mean another machine.
    private func isOurs(host: String) -> Bool {
        let text = host.lowercased()
        let name =
            text.hasPrefix("[")
            ? String(text.dropFirst().prefix { $0 != "]" }) : String(text.prefix { $0 != ":" && $0 != "/" })
        if name == "localhost" || name.hasSuffix(".localhost") || SocketAddress(ip: name, port: 0) != nil {
            return true
        }
        return hosts.contains("*") || hosts.contains(name)
    }

    func allows(_ origin: String) -> Bool { origins.contains(origin.lowercased()) || origins.contains("*") }

    static func bearer(_ head: HTTPRequestHead) -> String? {
        guard let value = head.headers.first("Authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    static let invalidKey = RunFailure(
        401, "authentication_error", "invalid_api_key", "The key is missing or not known.")
}
