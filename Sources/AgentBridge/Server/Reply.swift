import AsyncIO
import MCPProtocol

/// How the answers to one request are headed.
struct Reply: Sendable {
    let requestID: String
    /// Of a browser that may read the answer.
    let origin: String?
    let isDIAL: Bool

    func head(_ status: HTTPStatus, type: String? = "application/json") -> HTTPResponseHead {
        var head = HTTPResponseHead(status)
        if let type { head.headers.add("Content-Type", type) }
        decorate(&head)
        return head
    }

    func decorate(_ head: inout HTTPResponseHead) {
        head.headers.add("X-Request-Id", requestID)
        guard let origin else { return }
        head.headers.add("Access-Control-Allow-Origin", origin)
        head.headers.add("Access-Control-Expose-Headers", "X-Request-Id")
        head.headers.add("Vary", "Origin")
    }

    nonisolated(nonsending) func send(_ failure: RunFailure, to exchange: HTTPExchange) async {
        var head = ErrorAnswer.head(failure, isDIAL: isDIAL)
        if head.status.rawValue == 401 { head.headers.add("WWW-Authenticate", "Bearer") }
        decorate(&head)
        await exchange.respond(head, body: ErrorAnswer.body(failure, requestID: requestID, isDIAL: isDIAL))
    }

    nonisolated(nonsending) func send(_ body: [UInt8], to exchange: HTTPExchange) async {
        await exchange.respond(head(.ok), body: body)
    }
}
