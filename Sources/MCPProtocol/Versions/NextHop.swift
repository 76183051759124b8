/// What the params of a request have to say on the next hop, other than what the sender wrote.
package struct NextHop: Sendable {
    /// Of the connection's own space. Set even where the client wants no progress: signs of life keep a long call from being
    /// given up.
    package let progressToken: Int64
    /// The server's.
    package let revision: ProtocolRevision
    /// The members of `_meta` in which a request of 2026-07-28 describes itself, without braces; `nil` where there are none,
    /// or whoever sends the request sees to it.
    package let selfDescription: [UInt8]?

    package init(progressToken: Int64, revision: ProtocolRevision, selfDescription: [UInt8]? = nil) {
        self.progressToken = progressToken
        self.revision = revision
        self.selfDescription = selfDescription
    }
}

/// Params on their way to a server, and what is known of them.
package struct OutgoingParams: Sendable {
    /// An object.
    package var bytes: [UInt8]
    /// They say of themselves what the server's revision has there, and nothing else; otherwise that is still to be done by
    /// who sends them.
    package let isOfItsHop: Bool
    /// What the request is about, as the server knows it; `nil` where whoever needs it looks it up.
    package var name: String?

    package init(_ bytes: [UInt8], isOfItsHop: Bool = false, name: String? = nil) {
        self.bytes = bytes
        self.isOfItsHop = isOfItsHop
        self.name = name
    }
}
