import AsyncIO

/// Which forms of answer a client takes. No `Accept` header means any, as HTTP has it.
struct AcceptedAnswers: Sendable {
    let json: Bool
    let events: Bool

    /// What the SDKs send, word for word: no need to weigh it.
    private static let usual = Array("application/json, text/event-stream".utf8)

    init(_ headers: HTTPHeaders) {
        if let accept = headers.firstBytes("Accept"), accept.elementsEqual(Self.usual) {
            json = true
            events = true
            return
        }
        json = headers.acceptsMediaType("application/json")
        events = headers.acceptsMediaType("text/event-stream")
    }
}
