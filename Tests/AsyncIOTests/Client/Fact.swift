import Synchronization

@testable import AsyncIO

/// Something a test waits for, made true by another task.
final class Fact: Sendable {
    private let isTrue = Atomic<Bool>(false)

    struct NeverCameTrue: Error {}

    func comeTrue() { isTrue.store(true, ordering: .releasing) }

    /// Call on a loop.
    func wait() async throws {
        let deadline = MonotonicInstant.soon
        while !isTrue.load(ordering: .acquiring) {
            guard let loop = EventLoop.current, MonotonicInstant.now < deadline else { throw NeverCameTrue() }
            try await loop.sleep(for: .milliseconds(1))
        }
    }
}
