import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// One session with a server, and who shares it.
package final class UpstreamSession: Sendable {
    let connection: any MCPConnection
    let share: UpstreamShare
    /// Takes what the server says outside of any call.
    let inbox: UpstreamInbox
    let limits: LimitsConfiguration
    /// Where what belongs to no call runs.
    let home: EventLoop
    /// Answers and notifications on their way: ``close()`` waits for them.
    private let messages: SideMessages
    private let log: Log
    private let use = Mutex(Use())

    private struct Use {
        var last = MonotonicInstant.now
        /// What needs the session beside calls: tasks of clients that have not ended, as far as is known, and requests that
        /// wait to be told something in it.
        var others = 0
        var logLevel: LoggingLevel?
    }

    init(
        _ connection: any MCPConnection, share: UpstreamShare, inbox: UpstreamInbox, limits: LimitsConfiguration,
        home: EventLoop, log: Log
    ) {
        self.connection = connection
        self.share = share
        self.inbox = inbox
        self.limits = limits
        self.home = home
        self.log = log
        messages = SideMessages(on: home, log: log)
        inbox.attach(self)
    }

    var capabilities: ServerCapabilities {
        ServerCapabilities(connection.initializeResult.capabilities, revision: connection.revision)
    }

    // MARK: Calls

    /// Notes a call that begins, before it is sent: the server may ask at once.
    ///
    /// - Parameter mustStay: the call has nowhere else to go.
    /// - Returns: `false` if the call has to go elsewhere, because questions could not be told from those of other calls.
    func begin(_ run: CallRun, mustStay: Bool) -> Bool {
        // What everybody shares declares no capabilities, so no call of it is ever asked; and calls are many.
        share == .everybody || inbox.begin(run, mustStay: mustStay)
    }

    /// - Parameter wasAnswered: the call came to its end; it was not given up.
    func end(_ run: CallRun, wasAnswered: Bool) {
        guard share != .everybody else { return }
        inbox.end(run, wasAnswered: wasAnswered)
        use.withLock { $0.last = .now }
        if share == .call { inbox.callEnded(in: self) }
    }

    /// Takes back what was asked in the course of a call that is being given up.
    func withdrawQuestions(ofCancelled run: CallRun) {
        if share != .everybody { inbox.callCancelled(run) }
    }

    /// How long nothing has used the session; `nil` while something does.
    func idleTime(now: MonotonicInstant) -> Duration? {
        guard !inbox.hasRuns else { return nil }
        return use.withLock { $0.others == 0 ? now - $0.last : nil }
    }

    /// Whether it was opened for its lists alone so far.
    var isUnused: Bool { !inbox.isUsed }

    /// Notes the log level the server is asked for; `false` if it has been already.
    func isNews(_ level: LoggingLevel) -> Bool {
        use.withLock { use in
            defer { use.logLevel = level }
            return use.logLevel != level
        }
    }

    /// Counts what keeps the session open beside calls.
    func beginUse() { use.withLock { $0.others += 1 } }
    func endUse() {
        use.withLock { use in
            use.others -= 1
            use.last = .now
        }
    }

    /// Ends the session. What is on its way to the server arrives before: a question may be answered because all ends.
    func close() async {
        inbox.upstream?.visits.forget(askedIn: self)
        await messages.finish(within: limits.stopTimeout)
        await connection.close()
    }

    /// Passes a client's answer on, in the form of the server's revision.
    func pass(
        _ outcome: JSONRPCResponse.Outcome, to id: RequestID, of method: String,
        onLoss: @escaping @Sendable (MCPClientError) async -> Void = { _ in }
    ) {
        if case .result(let result) = outcome {
            answer(id, .result(result.answer(to: method, for: connection.revision)), onLoss: onLoss)
        } else {
            answer(id, outcome, onLoss: onLoss)
        }
    }

    /// Answers a question of the server's, in the background: nobody waits for the server to take an answer.
    ///
    /// - Parameter onLoss: told when the server has not taken it.
    func answer(
        _ id: RequestID, _ outcome: JSONRPCResponse.Outcome,
        onLoss: @escaping @Sendable (MCPClientError) async -> Void = { _ in }
    ) {
        messages.send { [connection] () async throws(MCPClientError) in
            do throws(MCPClientError) {
                try await connection.reply(to: id, outcome)
            } catch {
                await onLoss(error)
                throw error
            }
        }
    }

    /// Sends a notification in the background.
    func notify(_ method: String, params: [UInt8]? = nil) {
        messages.send { [connection] () async throws(MCPClientError) in
            try await connection.notify(method: method, params: params)
        }
    }

    /// Asks the server to end a task nobody waits for any more.
    func cancelTask(_ id: String) {
        Task(executorPreference: home) { [self] in
            do throws(MCPClientError) {
                var context = RequestContext()
                context.tasks = .extended
                _ = try await connection.request(
                    "tasks/cancel", params: RawJSON.taskParams(id), context: context, until: .now + .seconds(10),
                    on: home)
            } catch {
                log.debug("task not cancelled", ["reason": error.detail])
            }
        }
    }
}
