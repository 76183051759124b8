import AsyncIO
import MCPProtocol
import Synchronization

/// The tasks of clients of 2026-07-28, by the ids they know them by (extension `io.modelcontextprotocol/tasks`).
///
/// They belong to whoever the client acts for, not to a session, as there are none: each request about one is checked.
final class ClientTasks: Sendable {
    private struct State {
        var tasks: [String: ClientTask] = [:]
        /// By whom they are for.
        var counts: [String: Int] = [:]
    }

    private let limits: LimitsConfiguration
    private let state = Mutex(State())

    init(limits: LimitsConfiguration) { self.limits = limits }

    var count: Int { state.withLock { $0.tasks.count } }

    /// Remembers a task. Where there are too many, the oldest of them that has ended makes room.
    ///
    /// - Returns: the limit that leaves it no room, in words; `nil` if it is remembered.
    func add(_ task: ClientTask) -> String? {
        let (refusal, forgotten) = state.withLock { state -> (String?, [ClientTask]) in
            var forgotten = Self.removeExpired(from: &state, now: .now)
            let ofClient = state.counts[task.origin] ?? 0 >= limits.maxTasksPerClient
            if ofClient || state.tasks.count >= limits.maxTasks {
                let candidates = state.tasks.values.filter { $0.hasEnded && (!ofClient || $0.origin == task.origin) }
                guard let oldest = candidates.min(by: { $0.expiry < $1.expiry }) else {
                    return (refusalText(ofClient: ofClient), forgotten)
                }
                Self.remove(oldest, from: &state)
                forgotten.append(oldest)
            }
            state.tasks[task.id] = task
            state.counts[task.origin, default: 0] += 1
            return (nil, forgotten)
        }
        for task in forgotten { task.forget() }
        return refusal
    }

    private func refusalText(ofClient: Bool) -> String {
        let fact =
            ofClient
            ? "\(limits.maxTasksPerClient) tasks of the client are remembered, which is the limit "
                + "(limits.maxTasksPerClient)"
            : "\(limits.maxTasks) tasks are remembered, which is the limit (limits.maxTasks)"
        return "\(fact), and none of them has ended"
    }

    /// The task that a client calls by this id.
    ///
    /// - Returns: `nil` for an unknown id, for one of another principal's, and for one whose time is over.
    func task(_ id: String, of principal: String) -> ClientTask? {
        guard let task = state.withLock({ $0.tasks[id] }), task.principal == principal, task.expiry > .now else {
            return nil
        }
        return task
    }

    /// Forgets those whose time is over.
    func expire(now: MonotonicInstant) {
        for task in state.withLock({ Self.removeExpired(from: &$0, now: now) }) { task.forget() }
    }

    /// The gateway is stopping.
    func endAll() async {
        let all = state.withLock { state in
            defer { state = State() }
            return Array(state.tasks.values)
        }
        for task in all { await task.end(reason: "the gateway is stopping") }
    }

    private static func removeExpired(from state: inout State, now: MonotonicInstant) -> [ClientTask] {
        let expired = state.tasks.values.filter { $0.expiry <= now }
        for task in expired { remove(task, from: &state) }
        return expired
    }

    private static func remove(_ task: ClientTask, from state: inout State) {
        guard state.tasks.removeValue(forKey: task.id) != nil else { return }
        let rest = (state.counts[task.origin] ?? 1) - 1
        state.counts[task.origin] = rest > 0 ? rest : nil
    }
}
