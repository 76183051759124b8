import AsyncIO
import MCPProtocol

/// The requests in progress on a connection that carries everything on one channel, and which message is whose.
/// Belongs to the connection; used on its loop.
struct MailboxTable {
    private var exchanges: [Int64: MailboxExchange] = [:]
    /// Answers that nobody waited for.
    private(set) var lateAnswers = 0

    var count: Int { exchanges.count }

    mutating func add(_ exchange: MailboxExchange) { exchanges[exchange.id] = exchange }

    /// - Returns: the exchange, if it was still in progress.
    mutating func remove(_ id: Int64) -> MailboxExchange? { exchanges.removeValue(forKey: id) }

    /// Ends an exchange with its answer.
    ///
    /// - Returns: its id; `nil` when nobody waits for such an answer.
    @discardableResult
    mutating func deliver(_ response: JSONRPCResponse) -> Int64? {
        guard let id = response.id?.echoedInteger, let exchange = remove(id) else {
            lateAnswers += 1
            return nil
        }
        exchange.assumeIsolated { $0.deliver(ExchangeEvent.response(response)) }
        return id
    }

    /// - Returns: `false` for a notification that belongs to no request in progress.
    func deliver(_ notification: JSONRPCNotification) -> Bool {
        guard let exchange = owner(of: notification) else { return false }
        exchange.assumeIsolated { $0.deliver(ExchangeEvent.notification(notification)) }
        return true
    }

    /// The request a notification belongs to: progress by its token, what a subscription tells by the id of the
    /// subscription (MCP 2026-07-28, "Subscriptions"); a log message to the only request there is, since nothing on the
    /// wire says whose it is and another client's must not see it.
    private func owner(of notification: JSONRPCNotification) -> MailboxExchange? {
        switch notification.method {
        case "notifications/progress":
            guard let token = notification.params?.member("progressToken").flatMap(RequestID.init(_:))?.echoedInteger
            else {
                return nil
            }
            return exchanges[token]
        case "notifications/message":
            let candidates = exchanges.values.lazy.filter(\.takesLogs).prefix(2)
            return candidates.count == 1 ? candidates.first : nil
        case "notifications/cancelled":
            guard let id = notification.params?.member("requestId").flatMap(RequestID.init(_:))?.echoedInteger,
                let exchange = exchanges[id], !exchange.takesLogs
            else { return nil }
            return exchange
        default:
            let id = notification.params?["_meta", MetaKey.subscriptionID].flatMap(RequestID.init(_:))
            return id?.echoedInteger.flatMap { exchanges[$0] }
        }
    }

    /// Ends an exchange without an answer, if it is still in progress.
    mutating func fail(_ id: Int64, _ error: MCPClientError) {
        remove(id)?.assumeIsolated { $0.fail(error) }
    }

    /// Ends all exchanges without an answer.
    mutating func failAll(_ error: MCPClientError) {
        let waiting = exchanges.values
        exchanges = [:]
        for exchange in waiting { exchange.assumeIsolated { $0.fail(error) } }
    }
}
