import MCPClient
import MCPProtocol

/// Whom a call is made for.
package struct Caller: Sendable {
    /// `nil` for operators' own calls over plain HTTP, which belong to no session.
    let session: FrontSession?
    /// The way back to the client while the call runs; `nil` if it takes nothing but the answer.
    let link: (any CallerLink)?

    /// Whether anybody else may act in the same session: a client of 2026-07-28 over HTTP without an affinity, which nothing
    /// tells from others that declare the same capabilities.
    var isOneOfMany = false
    /// What a server hears of the client with each request, where it knows no sessions.
    var context = RequestContext()
    /// Whether the run hands out progress although the client gave no token: whoever takes it knows for whom it is.
    var takesAllProgress = false

    /// A call that belongs to no session, and whose caller takes nothing but the answer.
    package static let anonymous = Caller(session: nil, link: nil)

    var canBeAsked: Bool { link?.canBeAsked ?? false }

    /// Whether both are surely the same client.
    func isSame(as other: Caller) -> Bool { session === other.session && !isOneOfMany && !other.isOneOfMany }

    /// ``context``, completed by what a client with a session has said in the course of it.
    var fullContext: RequestContext {
        guard let session, session.revision.isLegacy else { return context }
        var context = self.context
        context.clientInfo = session.encodedClientInfo
        context.logLevel = session.requestedLogLevel?.rawValue
        return context
    }
}

/// The way to the client who made one call, for what a server says in the course of it.
///
/// Called on the loop of the call's run.
protocol CallerLink: Sendable {
    /// Whether questions can reach the client this way.
    var canBeAsked: Bool { get }

    /// Passes a question on.
    ///
    /// - Parameters:
    ///   - outlivesCall: the question came beside the call's own stream, so that the server may wait for its answer also
    ///     after the call has ended.
    ///   - answer: called at most once, from anywhere, with the client's answer.
    /// - Returns: `.asked` with a ticket, or the answer, where the client is not to be asked this.
    func ask(
        _ request: JSONRPCRequest, of server: ServerConfiguration, outlivesCall: Bool,
        answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionOutcome

    /// Takes a question back: the client is told, and an answer that comes later is dropped.
    func withdraw(_ ticket: QuestionTicket, reason: String)

    /// Passes a notification on that came beside the call's own stream.
    func note(_ notification: JSONRPCNotification)
}

enum QuestionOutcome: Sendable {
    case asked(QuestionTicket)
    case answered(JSONRPCResponse.Outcome)
}

/// Names one question put to a client: the id of the request it was sent as.
struct QuestionTicket: Hashable, Sendable {
    let id: Int64
}
