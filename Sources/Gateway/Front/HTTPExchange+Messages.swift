import AsyncIO

extension HTTPExchange {
    /// Answers with one message that nothing comes before, in a form the client takes; what goes with a status of its own
    /// is always JSON.
    ///
    /// - Parameter session: one that this answer begins.
    func answer(
        _ message: [UInt8], as status: HTTPStatus = .ok, _ accepts: AcceptedAnswers,
        beginning session: FrontSession? = nil
    ) async {
        let isJSON = accepts.json || status != .ok
        var head = isJSON ? LegacyEndpoint.jsonHead(status) : LegacyEndpoint.eventHead()
        if let session { head.headers.set("Mcp-Session-Id", session.id) }
        await respond(head, body: isJSON ? message : EventChannel.event(message))
    }
}
