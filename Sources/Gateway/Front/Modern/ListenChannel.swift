import AsyncIO
import MCPProtocol
import Synchronization

/// What one `subscriptions/listen` is told, over the way that its client's answers take: the kinds it asked for, each
/// message with the subscription's id (MCP 2026-07-28, "Subscriptions").
final class ListenChannel: FrontChannel {
    private struct State {
        /// What the client was promised; `nil` before: messages wait then.
        var accepted: SubscriptionFilter?
        var waiting: [[UInt8]] = []
        var hasEnded = false
    }

    private let carrier: any FrontChannel
    private let id: RequestID
    private let serverInfo: [UInt8]
    /// Whether the carrier is this subscription's own, so that its end ends it.
    private let ownsCarrier: Bool
    private let state = Mutex(State())

    init(over carrier: any FrontChannel, ownsCarrier: Bool, id: RequestID, serverInfo: [UInt8]) {
        self.carrier = carrier
        self.ownsCarrier = ownsCarrier
        self.id = id
        self.serverInfo = serverInfo
    }

    /// Tells the client what it will hear of, and from now on does.
    func acknowledge(_ accepted: SubscriptionFilter) {
        let params = RawJSON.emptyObject.replacing([
            (["notifications"], accepted.encode()), (["_meta", MetaKey.subscriptionID], id.encode()),
        ])
        state.withLock { state in
            guard !state.hasEnded else { return }
            carrier.push(JSONRPC.notification(method: SubscriptionFilter.acknowledged, params: params))
            state.accepted = accepted
            for message in state.waiting { send(message, accepted) }
            state.waiting = []
        }
    }

    @discardableResult
    func push(_ message: [UInt8]) -> Bool {
        state.withLock { state in
            guard !state.hasEnded else { return false }
            guard let accepted = state.accepted else {
                state.waiting.append(message)
                return true
            }
            return send(message, accepted)
        }
    }

    /// - Returns: `false` when the carrier has ended.
    @discardableResult
    private func send(_ message: [UInt8], _ accepted: SubscriptionFilter) -> Bool {
        guard case .single(.notification(let notification))? = Self.read(message),
            accepted.includes(notification.method)
        else { return true }
        let params = (notification.params ?? .emptyObject).replacing([
            (["_meta", MetaKey.subscriptionID], id.encode())
        ])
        return carrier.push(JSONRPC.notification(method: notification.method, params: params))
    }

    private static func read(_ message: [UInt8]) -> JSONRPCPayload? {
        do throws(JSONRPCParseError) {
            return try JSONRPCPayload(parsing: message[...])
        } catch {
            // Our own writing.
            assertionFailure("a message to a client is no JSON-RPC: \(error.message)")
            return nil
        }
    }

    func room() async { await carrier.room() }

    /// Ends the subscription in an orderly way: with its result.
    func close() {
        state.withLock { state in
            guard !state.hasEnded else { return }
            state.hasEnded = true
            let result = RawJSON.emptyObject.replacing([
                (["resultType"], Array(#""complete""#.utf8)),
                (["_meta", MetaKey.subscriptionID], id.encode()), (["_meta", MetaKey.serverInfo], serverInfo),
            ])
            carrier.push(JSONRPC.response(id: id, result: result))
        }
        if ownsCarrier { carrier.close() }
    }

    /// Ends it without a word: the client has given it up.
    func abandon() { state.withLock { $0.hasEnded = true } }
}

extension SubscriptionFilter {
    /// Whether a notification is of a kind that was asked for. Which resources' updates come is decided where they are
    /// subscribed to.
    func includes(_ method: String) -> Bool {
        switch method {
        case "notifications/tools/list_changed": toolsListChanged
        case "notifications/prompts/list_changed": promptsListChanged
        case "notifications/resources/list_changed": resourcesListChanged
        case "notifications/resources/updated": !resourceSubscriptions.isEmpty
        case TasksExtension.notification: !taskIDs.isEmpty
        default: false
        }
    }
}
