import AsyncIO
import Testing

@testable import Gateway

@Suite("Call budget")
struct CallBudgetTests {
    private let start = MonotonicInstant(nanoseconds: 0)
    private let timeouts = TimeoutConfiguration(call: .seconds(30), idle: .seconds(5), max: .seconds(60))

    @Test("until the first sign of life the call budget counts")
    func call() {
        let budget = CallBudget(timeouts, override: nil)
        #expect(budget.deadline(start: start, lastSign: nil) == start + .seconds(30))
        let exceeded = budget.exceeded(start: start, lastSign: nil, now: start + .seconds(30))
        #expect(exceeded.stage == "call")
        #expect(exceeded.words == "no answer within 30 s (timeouts.call)")
    }

    @Test("each sign of life starts the idle budget anew, up to the maximum")
    func idle() {
        let budget = CallBudget(timeouts, override: nil)
        #expect(budget.deadline(start: start, lastSign: start + .seconds(20)) == start + .seconds(25))
        #expect(budget.deadline(start: start, lastSign: start + .seconds(58)) == start + .seconds(60))
        #expect(
            budget.exceeded(start: start, lastSign: start + .seconds(20), now: start + .seconds(25)).stage == "idle")
        #expect(budget.exceeded(start: start, lastSign: start + .seconds(58), now: start + .seconds(60)).stage == "max")
    }

    @Test("a tool's own timeout replaces the call budget, and off means without limit")
    func overrides() {
        let quick = CallBudget(timeouts, override: .after(.milliseconds(250)))
        #expect(quick.deadline(start: start, lastSign: nil) == start + .milliseconds(250))
        #expect(quick.exceeded(start: start, lastSign: nil, now: start + .seconds(1)).words.contains("250 ms"))
        let patient = CallBudget(timeouts, override: .off)
        #expect(patient.deadline(start: start, lastSign: nil) == start + .seconds(60))
        let endless = CallBudget(TimeoutConfiguration(call: nil, idle: nil, max: nil), override: nil)
        #expect(endless.deadline(start: start, lastSign: nil) == .distantFuture)
    }
}
