import TestSupport

/// The published revisions, oldest first.
enum Revision: String, CaseIterable, Comparable, Sendable {
    case v2024_11_05 = "2024-11-05"
    case v2025_03_26 = "2025-03-26"
    case v2025_06_18 = "2025-06-18"
    case v2025_11_25 = "2025-11-25"
    case v2026_07_28 = "2026-07-28"

    /// Whether requests describe themselves, without a handshake.
    var isModern: Bool { self >= .v2026_07_28 }

    // Dates in this form sort as texts.
    static func < (left: Revision, right: Revision) -> Bool { left.rawValue < right.rawValue }
}

/// How a client reaches the gateway.
enum FrontTransport: String, CaseIterable, Sendable {
    case http = "Streamable HTTP"
    case sse = "HTTP+SSE"
    case stdio = "stdio"

    /// HTTP+SSE ends with the handshake.
    func carries(_ revision: Revision) -> Bool { self != .sse || !revision.isModern }
}

/// How the gateway reaches a server.
enum UpstreamTransport: String, CaseIterable, Sendable {
    case stdio = "stdio"
    case http = "Streamable HTTP"
    case sse = "HTTP+SSE"

    func carries(_ revision: Revision) -> Bool { self != .sse || !revision.isModern }
}

/// One of the servers behind the gateway.
///
/// Streamable HTTP came with 2025-03-26, but nothing keeps a server that answers 2024-11-05 from speaking over it, and
/// such servers exist, so all combinations are there.
struct MatrixServer: Hashable, Sendable {
    /// Its place in the configuration.
    let index: Int
    /// The only revision it speaks when the gateway offers the newest.
    let revision: Revision
    let transport: UpstreamTransport

    /// Its key in the configuration, such as `r0618-http`, in which nothing has to be escaped in names and URIs.
    var name: String { "r\(revision.rawValue.dropFirst(5).filter(\.isNumber))-\(transport)" }

    var instructions: String { "Instructions of \(name)." }

    static let all: [MatrixServer] = Revision.allCases.flatMap { revision in
        UpstreamTransport.allCases.filter { $0.carries(revision) }.map { (revision, $0) }
    }.enumerated().map { MatrixServer(index: $0, revision: $1.0, transport: $1.1) }

    private func lists(_ uri: String) -> Bool { uri != "test://input-required" || revision.isModern }

    /// What clients call its tool or prompt of this name.
    func exposed(name: String) -> String { "\(self.name)__\(name)" }

    /// What clients call its resource of this URI: servers have the same ones, so only the first that has one keeps it.
    func exposed(uri: String) -> String {
        if self == Self.all.first(where: { $0.lists(uri) }) { return uri }
        if uri.hasPrefix("ui://") { return "ui://\(name)/\(uri.dropFirst("ui://".count))" }
        return "\(name)+\(uri)"
    }
}

/// The client's half of a combination.
struct MatrixClientKind: Hashable, Sendable {
    let revision: Revision
    let transport: FrontTransport

    static let all = FrontTransport.allCases.flatMap { transport in
        Revision.allCases.filter(transport.carries).map { MatrixClientKind(revision: $0, transport: transport) }
    }
}

extension MatrixClientKind {
    /// In which nothing has to be escaped in URIs.
    var name: String { "c\(revision.rawValue.filter(\.isNumber))-\(transport)" }
}

extension MatrixClientKind: CustomStringConvertible {
    var description: String { "client \(revision.rawValue) over \(transport.rawValue)" }
}

extension MatrixServer: CustomStringConvertible {
    var description: String { "server \(revision.rawValue) over \(transport.rawValue)" }
}
