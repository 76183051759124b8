import AsyncIO
import Testing

@testable import MCPClient

@Suite("News that two subscriptions bring")
struct SubscriptionOverlapTests {
    private let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    private func after(_ milliseconds: Int) -> MonotonicInstant { start + .milliseconds(milliseconds) }

    /// What is news of what was told at these times.
    private func news(
        _ told: [(uri: String?, subscription: Int64, milliseconds: Int)], overlapping: Bool = true
    ) -> [Bool] {
        var overlap = SubscriptionOverlap()
        if overlapping { overlap.begin(until: after(1000)) }
        return told.map { overlap.isNews("updated", $0.uri, of: $0.subscription, at: after($0.milliseconds)) }
    }

    @Test("without an overlap everything is news")
    func alone() { #expect(news([("a", 1, 0), ("a", 2, 0), ("a", 1, 1)], overlapping: false) == [true, true, true]) }

    @Test("what the other one has told is told once, whichever was first")
    func pairs() {
        let told: [(uri: String?, subscription: Int64, milliseconds: Int)] = [
            ("a", 1, 1), ("a", 2, 2), ("a", 2, 3), ("a", 1, 4), ("b", 1, 5), (nil, 2, 6), (nil, 1, 7),
        ]
        #expect(news(told) == [true, false, true, false, true, true, false])
    }

    @Test("two changes, of which the older subscription alone tells the first, are two pieces of news")
    func nothingIsLost() { #expect(news([("a", 1, 1), ("a", 2, 500), ("a", 1, 501)]) == [true, false, true]) }

    @Test("equal news far apart, and news after the overlap, are news")
    func late() {
        #expect(news([("a", 1, 0), ("a", 2, 1001), ("a", 1, 2001), ("a", 2, 2002)]) == [true, true, true, true])
    }
}
