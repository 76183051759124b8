import TestSupport

/// The published revisions, oldest first.
enum Revision: String, CaseIterable, Comparable, Sendable {
    case v2024_11_05 = "2024-11-05"
    case v2025_03_26 = "2025-03-26"
    case v2025_06_18 = "2025-06-18"
    case v2025_11_25 = "2025-11-25"
    case v2026_07_28 = "2026-07-28"

    /// Those with a handshake.
    static let legacy = allCases.filter { $0 < .v2026_07_28 }

    // Dates in this form sort as texts.
    static func < (left: Revision, right: Revision) -> Bool { left.rawValue < right.rawValue }
}

/// How a client reaches the gateway.
enum FrontTransport: String, CaseIterable, Sendable {
    case http = "Streamable HTTP"
    case sse = "HTTP+SSE"
    case stdio = "stdio"
}

/// How the gateway reaches a server.
enum UpstreamTransport: String, CaseIterable, Sendable {
    case stdio = "stdio"
    case http = "Streamable HTTP"
    case sse = "HTTP+SSE"
}

/// One of the servers behind the gateway.
///
/// Streamable HTTP came with 2025-03-26, but nothing keeps a server that answers 2024-11-05 from speaking over it, and
/// such servers exist, so all combinations are there.
struct MatrixServer: Hashable, Sendable {
    /// Its place in the configuration.
    let index: Int
    /// The only revision it negotiates when the gateway offers the newest.
    let revision: Revision
    let transport: UpstreamTransport

    /// Its key in the configuration, such as `r0618-http`, in which nothing has to be escaped in names and URIs.
    var name: String { "r\(revision.rawValue.dropFirst(5).filter(\.isNumber))-\(transport)" }

    var instructions: String { "Instructions of \(name)." }

    static let all: [MatrixServer] = Revision.legacy.flatMap { revision in
        UpstreamTransport.allCases.map { (revision, $0) }
    }.enumerated().map { MatrixServer(index: $0, revision: $1.0, transport: $1.1) }

    /// What clients call its tool or prompt of this name.
    func exposed(name: String) -> String { "\(self.name)__\(name)" }

    /// What clients call its resource of this URI: all servers have the same ones, so only the first keeps them.
    func exposed(uri: String) -> String {
        if index == 0 { return uri }
        if uri.hasPrefix("ui://") { return "ui://\(name)/\(uri.dropFirst("ui://".count))" }
        return "\(name)+\(uri)"
    }
}

/// The client's half of a combination.
struct MatrixClientKind: Hashable, Sendable {
    let revision: Revision
    let transport: FrontTransport

    static let all = FrontTransport.allCases.flatMap { transport in
        Revision.legacy.map { MatrixClientKind(revision: $0, transport: transport) }
    }
}

extension MatrixClientKind: CustomStringConvertible {
    var description: String { "client \(revision.rawValue) over \(transport.rawValue)" }
}

extension MatrixServer: CustomStringConvertible {
    var description: String { "server \(revision.rawValue) over \(transport.rawValue)" }
}
