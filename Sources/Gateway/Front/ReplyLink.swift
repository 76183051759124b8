import MCPProtocol

/// The way from a call back to its client: the stream that will carry the call's answer.
struct ReplyLink: CallerLink {
    let session: FrontSession
    let reply: any Reply
    /// Whether a question says which server asks; behind a gateway people cannot know otherwise.
    let namesServer: Bool

    var canBeAsked: Bool { session.capabilities.canBeAsked && reply.takesMessages }

    func ask(
        _ request: JSONRPCRequest, of server: ServerConfiguration, outlivesCall _: Bool,
        answer: @escaping @Sendable (JSONRPCResponse.Outcome) -> Void
    ) -> QuestionOutcome {
        // Not the reply itself: a question may be taken back from any thread.
        let channel = reply.channel
        let session = session
        return session.ask(
            request, of: server, namesServer: namesServer,
            send: { channel.push($0) || session.push($0) }, answer: answer)
    }

    func withdraw(_ ticket: QuestionTicket, reason: String) { session.withdraw(ticket, reason: reason) }

    func note(_ notification: JSONRPCNotification) {
        if let params = notification.params, !session.wants(notification.method, params) { return }
        reply.push(JSONRPC.notification(method: notification.method, params: notification.params))
    }
}
