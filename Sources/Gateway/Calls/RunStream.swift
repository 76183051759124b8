import AsyncIO
import MCPClient

/// A large outcome on its way to the client. The call's budgets go on, and so does its place among the calls in flight,
/// until the last byte has been taken or the rest is let go of.
///
/// Time that the client takes to read is not the server's silence: `idle` counts only while the server is waited for.
actor RunStream: OutcomeStream {
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated let member: String

    private let stream: any OutcomeStream
    private let budget: CallBudget
    private let start: MonotonicInstant
    /// Called once at the end, with whether the outcome broke off.
    private var onEnd: (@Sendable (Bool) -> Void)?

    init(
        _ stream: any OutcomeStream, budget: CallBudget, start: MonotonicInstant, loop: EventLoop,
        onEnd: @escaping @Sendable (Bool) -> Void
    ) {
        self.stream = stream
        self.budget = budget
        self.start = start
        self.loop = loop
        self.onEnd = onEnd
        member = stream.member
    }

    deinit { onEnd?(true) }

    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ArraySlice<UInt8>? {
        let waitStart = MonotonicInstant.now
        let budgetEnd = budget.deadline(start: start, lastSign: waitStart)
        do throws(MCPClientError) {
            if let piece = try await stream.next(until: min(deadline, budgetEnd)) { return piece }
        } catch {
            end(failed: true)
            let now = MonotonicInstant.now
            guard error.kind == .timedOut, now >= budgetEnd else { throw error }
            let (_, words) = budget.exceeded(start: start, lastSign: waitStart, now: now)
            throw MCPClientError(.timedOut, words, mayHaveExecuted: true)
        }
        end(failed: false)
        return nil
    }

    func cancel() {
        end(failed: true)
        let stream = self.stream
        Task { await stream.cancel() }
    }

    private func end(failed: Bool) {
        onEnd?(failed)
        onEnd = nil
    }
}
