import Dispatch

/// Work that would hold up every stream of a loop goes to a thread of its own.
enum Offload {
    /// What takes longer than about a millisecond for this many bytes.
    static let threshold = 256 << 10

    private static let queue = DispatchQueue(label: "agent.work", attributes: .concurrent)

    /// Runs `work` off the loop when `bytes` are many, else at once.
    static func run<Value: Sendable>(bytes: Int, _ work: @escaping @Sendable () -> Value) async -> Value {
        guard bytes > threshold else { return work() }
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
