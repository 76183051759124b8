import CLinux

/// A point of `CLOCK_MONOTONIC`: what deadlines are made of. Never jumps, means nothing to another machine.
package struct MonotonicInstant: Comparable, Hashable, Sendable {
    /// Since an arbitrary start, normally the machine's.
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static var now: MonotonicInstant { MonotonicInstant(nanoseconds: clinux_monotonic_now()) }

    /// Further away than any deadline in use; adding to it does not overflow.
    package static let distantFuture = MonotonicInstant(nanoseconds: .max)

    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant that much later, or ``distantFuture`` where that cannot be represented.
    package static func + (instant: Self, duration: Duration) -> Self {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.clampedNanoseconds)
        return Self(nanoseconds: overflow ? (duration < .zero ? 0 : .max) : sum)
    }

    package static func - (left: Self, right: Self) -> Duration {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
        return .nanoseconds(overflow ? .max : difference)
    }
}

extension Duration {
    /// The duration in nanoseconds, clamped to what 64 bits hold (about 292 years).
    package var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (total, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : total
    }
}
