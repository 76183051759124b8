import AsyncIO
import MCPProtocol
import Synchronization

/// One request of a client that waits for a call, and what it is told meanwhile in its own terms.
final class WaitingRequest: Sendable {
    let request: ModernRequest
    private let reply: any Reply
    private let gone = Atomic(false)

    init(_ request: ModernRequest, _ reply: any Reply) {
        self.request = request
        self.reply = reply
    }

    /// The client has closed the connection.
    var isGone: Bool { gone.load(ordering: .relaxed) }
    func noteGone() { gone.store(true, ordering: .relaxed) }

    func pass(_ notification: JSONRPCNotification) async {
        guard reply.takesMessages, var params = notification.params, request.wants(notification.method, params) else {
            return
        }
        if notification.method == "notifications/progress" {
            guard let progressToken = request.meta.progressToken else { return }
            params = RawJSON(
                unchecked: params.replacingMembers([(MetaKey.progressToken, Array(progressToken.bytes))])[...])
        }
        reply.push(JSONRPC.notification(method: notification.method, params: params))
        await reply.room()
    }
}
