import AsyncIO

/// Keeps web pages away from a server that listens on this machine only: their requests carry a foreign name in `Host`
/// or `Origin` (MCP 2025-11-25, Transports, "Security Warning").
enum RebindingGuard {
    static func problem(with head: HTTPRequestHead) -> HTTPProblem? {
        if let host = head.host, !isLocal(host[...]) {
            return HTTPProblem(.forbidden, detail: "Host \"\(host)\" is not this machine")
        }
        guard let origin = head.headers.first("Origin") else { return nil }
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            if isLocal(origin.dropFirst(scheme.count)) { return nil }
        }
        return HTTPProblem(.forbidden, detail: "Origin \"\(origin)\" is not this machine")
    }

    private static func isLocal(_ authority: Substring) -> Bool {
        ["127.0.0.1", "localhost", "[::1]"].contains { name in
            guard authority.hasPrefix(name) else { return false }
            let rest = authority.dropFirst(name.count)
            return rest.isEmpty || rest.first == ":" && rest.dropFirst().allSatisfy(\.isNumber)
        }
    }
}
