import AsyncIO
import Synchronization

/// Counts of one upstream, written from every loop.
package final class UpstreamMeter: Sendable {
    private let inFlightCount = Atomic<Int>(0)
    private let callCount = Atomic<Int>(0)
    private let failureCount = Atomic<Int>(0)
    private let latencies = Mutex(LatencyWindow())

    package var inFlight: Int { inFlightCount.load(ordering: .relaxed) }
    package var calls: Int { callCount.load(ordering: .relaxed) }
    package var failures: Int { failureCount.load(ordering: .relaxed) }

    /// Takes one of `limit` places; `false`: all are taken.
    func enter(limit: Int) -> Bool {
        let before = inFlightCount.wrappingAdd(1, ordering: .relaxed).oldValue
        if before < limit { return true }
        inFlightCount.wrappingSubtract(1, ordering: .relaxed)
        return false
    }

    /// Gives the place to others for a while, without ending the call.
    func yield() { inFlightCount.wrappingSubtract(1, ordering: .relaxed) }

    /// Takes the place again, also where all are taken.
    func resume() { inFlightCount.wrappingAdd(1, ordering: .relaxed) }

    func leave(after duration: Duration, failed: Bool) {
        inFlightCount.wrappingSubtract(1, ordering: .relaxed)
        callCount.wrappingAdd(1, ordering: .relaxed)
        if failed { failureCount.wrappingAdd(1, ordering: .relaxed) }
        latencies.withLock { $0.add(duration) }
    }

    /// The latency that this share of the recent calls stayed under; `nil` before the first call.
    package func latency(percentile: Double) -> Duration? { latencies.withLock { $0.percentile(percentile) } }
}

/// The latencies of the last calls.
struct LatencyWindow {
    static let size = 512
    private var nanoseconds: [Int64] = []
    private var next = 0

    mutating func add(_ duration: Duration) {
        let value = duration.clampedNanoseconds
        if nanoseconds.count < Self.size {
            nanoseconds.append(value)
        } else {
            nanoseconds[next] = value
            next = (next + 1) % Self.size
        }
    }

    func percentile(_ share: Double) -> Duration? {
        guard !nanoseconds.isEmpty else { return nil }
        let sorted = nanoseconds.sorted()
        return .nanoseconds(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
    }
}
