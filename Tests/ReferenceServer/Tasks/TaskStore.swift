import MCPProtocol

/// The tasks of one session: nobody else can see them.
@LoopActor
final class TaskStore {
    /// Tasks remembered at a time. One more is refused.
    static let maxTasks = 10_000

    private let pages: PageCutter
    private var order: [String] = []
    private var byID: [String: LegacyTask] = [:]

    init(pages: PageCutter) { self.pages = pages }

    var isFull: Bool { order.count >= Self.maxTasks }

    subscript(id: String) -> LegacyTask? { byID[id] }

    func add(_ task: LegacyTask) {
        order.append(task.id)
        byID[task.id] = task
    }

    /// Forgets a task, and ends it if need be.
    func remove(_ task: LegacyTask) {
        order.removeAll { $0 == task.id }
        byID[task.id] = nil
        task.end(.cancelled, outcome: .error(Self.unknown(task.id)))
    }

    func close() {
        for task in byID.values { task.end(.cancelled, outcome: .error(Self.unknown(task.id))) }
    }

    /// The result of `tasks/list`.
    func page(at cursor: String?) throws(PageCutter.UnknownCursor) -> JSONValue {
        let page = try pages.page(at: cursor, of: order.count)
        var result: JSONObject = ["tasks": .array(order[page.items].compactMap { byID[$0].map { .object($0.json) } })]
        if let next = page.nextCursor { result["nextCursor"] = .string(next) }
        return .object(result)
    }

    static func unknown(_ id: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.invalidParams, message: "task \"\(id)\" is unknown or has expired")
    }
}
