import AsyncIO

/// Refuses requests that a browser was tricked into sending: foreign `Origin`, foreign `Host` (DNS rebinding).
/// (MCP 2025-11-25, Transports, "Security Warning".)
struct RequestGuard: Sendable {
    let allowedOrigins: [String]
    let allowedHosts: [String]

    /// The answer to a request that must not be served; `nil` if it may be.
    func refusal(_ head: HTTPRequestHead, listener: SocketAddress) -> HTTPProblem? {
        if let origin = head.headers.first("Origin"), !isAllowed(origin: origin) {
            return HTTPProblem(
                403, title: "Origin not allowed",
                detail: "requests from \"\(origin.prefix(200))\" are not allowed; see \"allowedOrigins\"")
        }
        // Only names can be rebound; whoever reaches a Unix socket is no web page.
        if let bytes = head.headers.firstBytes("Host"), !Self.isPlainLoopback(bytes), case .ip = listener.kind,
            listener.isLoopback, case let host = String(decoding: bytes, as: UTF8.self), !isAllowed(host: host)
        {
            return HTTPProblem(
                403, title: "Host not allowed",
                detail: "\"\(host.prefix(200))\" is not a name of this gateway; see \"allowedHosts\"")
        }
        return nil
    }

    /// The names nearly every request to a loopback listener has, recognized without making a string.
    private static func isPlainLoopback(_ host: ArraySlice<UInt8>) -> Bool {
        for name in plainNames where host.starts(with: name) {
            let rest = host.dropFirst(name.count)
            return rest.isEmpty || rest.first == UInt8(ascii: ":")
        }
        return false
    }

    private static let plainNames = ["127.0.0.1", "localhost"].map { Array($0.utf8) }

    private func isAllowed(origin: String) -> Bool {
        if allowedOrigins.contains("*") || allowedOrigins.contains(origin) { return true }
        guard let scheme = origin.firstRange(of: "://") else { return false }
        return Self.isLoopback(Self.hostName(String(origin[scheme.upperBound...])))
    }

    private func isAllowed(host: String) -> Bool {
        let name = Self.hostName(host)
        return Self.isLoopback(name) || allowedHosts.contains("*")
            || allowedHosts.contains { $0.lowercased() == name }
    }

    /// The host of `host:port`, without brackets, in lower case.
    private static func hostName(_ authority: String) -> String {
        let text = authority.lowercased()
        if text.hasPrefix("[") { return String(text.dropFirst().prefix { $0 != "]" }) }
        return String(text.prefix { $0 != ":" && $0 != "/" })
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host.hasSuffix(".localhost") { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
