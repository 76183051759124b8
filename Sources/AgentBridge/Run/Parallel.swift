import AsyncIO

/// Work on several things side by side, but not on all of them.
enum Parallel {
    /// - Parameter collect: gets the results in the order in which they come.
    static func forEach<Element: Sendable, Value: Sendable>(
        _ elements: [Element], atMost limit: Int, on loop: EventLoop,
        _ work: @escaping @Sendable (Element) async -> Value, collect: (Value) -> Void
    ) async {
        await withTaskGroup(of: Value.self) { group in
            var rest = elements[...]
            for element in rest.prefix(max(1, limit)) {
                group.addTask(executorPreference: loop) { await work(element) }
            }
            rest = rest.dropFirst(max(1, limit))
            while let value = await group.next() {
                collect(value)
                if let element = rest.popFirst() {
                    group.addTask(executorPreference: loop) { await work(element) }
                }
            }
        }
    }
}
