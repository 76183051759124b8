import AsyncIO
import MCPClient
import MCPProtocol

/// Subscriptions to a task: they are told of it as it is, and of each change (extension `io.modelcontextprotocol/tasks`).
///
/// A server of the extension that tells of tasks is listened to. Any other is asked, as often as it wants to be.
extension ClientTask {
    /// How often it is looked whether anybody still listens, while the server says nothing.
    private static let attention = Duration.seconds(5)

    /// Tells a subscription of the task, until the task or the subscription ends.
    func tell(_ listener: FrontSession) {
        listeners.append(listener)
        if watch == nil {
            watch = Task(executorPreference: loop) { await self.keepWatch() }
        } else if let told {
            push(told, to: [listener])
        }
    }

    private func keepWatch() async {
        defer {
            watch = nil
            told = nil
            listeners = []
        }
        while isListenedTo {
            let isOver = isExtended && !isMute ? await hear() : await look()
            guard !isOver else { return }
            do {
                try await loop.sleep(for: pause)
            } catch {
                return  // Cancelled: forgotten.
            }
        }
    }

    private var isListenedTo: Bool {
        listeners.removeAll { $0.hasEnded }
        return !listeners.isEmpty && !Task.isCancelled && expiry > .now
    }

    private var pause: Duration {
        max(.milliseconds(20), last.pollInterval.map { .milliseconds($0) } ?? .seconds(1))
    }

    /// - Returns: whether there is nothing more to tell.
    private func look() async -> Bool {
        do throws(JSONRPCError) {
            return tell(try await details())
        } catch {
            // Whoever asks is told what is wrong; here it may be over the next time.
            return error.code == ErrorCode.invalidParams
        }
    }

    /// - Returns: whether there is nothing more to tell.
    private func tell(_ details: DetailedTask) -> Bool {
        if details != told { push(details, to: listeners) }
        told = details
        return details.task.status.isTerminal
    }

    private func push(_ details: DetailedTask, to listeners: [FrontSession]) {
        let message = JSONRPC.notification(method: TasksExtension.notification, params: details.encodeParams())
        for listener in listeners { listener.push(message) }
    }

    // MARK: Servers that tell

    /// Subscribes to the task at its server, and passes on what that tells.
    ///
    /// - Returns: whether there is nothing more to tell; if not, the subscription has ended, or there was none.
    private func hear() async -> Bool {
        let caller = Caller(session: partition, link: nil, context: context)
        let connection = (upstream.readySession(for: caller) ?? session).connection
        var filter = SubscriptionFilter()
        filter.taskIDs = [upstreamID]
        let params = RawJSON.emptyObject.replacing([(["notifications"], filter.encode())])
        do throws(MCPClientError) {
            let exchange = try await connection.begin(
                id: connection.makeRequestID(), method: SubscriptionFilter.method, params: Array(params.bytes),
                context: context, on: loop)
            let isOver = await hear(exchange)
            await exchange.cancel(reason: "no longer needed")
            return isOver
        } catch {
            return await look()
        }
    }

    private func hear(_ exchange: any MCPExchange) async -> Bool {
        while isListenedTo {
            do throws(MCPClientError) {
                switch try await exchange.next(until: .now + Self.attention) {
                case .notification(let notification) where notification.method == SubscriptionFilter.acknowledged:
                    isMute = !Self.acknowledges(notification, upstreamID)
                    // What has changed before is not told.
                    if await look() { return true }
                    if isMute { return false }
                case .notification(let notification) where notification.method == TasksExtension.notification:
                    guard let params = notification.params, params.taskIDs(in: .task).first == upstreamID else {
                        continue
                    }
                    if hear(params) { return true }
                case .response(let response):
                    // Without an acknowledgement it was refused.
                    if case .error = response.outcome { isMute = true }
                    return await look()
                case .stream, .notification, .request, .alive: continue
                }
            } catch {
                guard error.kind == .timedOut else { return await look() }
            }
        }
        return true
    }

    private func hear(_ said: RawJSON) -> Bool {
        do throws(JSONRPCError) {
            return tell(adopt(try read(said)))
        } catch {
            return false  // What cannot be read is asked for, at the latest when somebody wants to know.
        }
    }

    private static func acknowledges(_ notification: JSONRPCNotification, _ id: String) -> Bool {
        do throws(MessageError) {
            return try SubscriptionFilter(params: notification.params).taskIDs.contains(id)
        } catch {
            return false
        }
    }
}
