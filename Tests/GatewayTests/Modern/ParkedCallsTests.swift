import AsyncIO
import MCPProtocol
import Testing

@testable import Gateway

@Suite("Counts of parked calls")
struct ParkedCallsTests {
    private let loop: EventLoop

    init() throws { loop = try EventLoop(name: "test") }

    private func parking(all: Int, each: Int) -> ParkedCalls {
        var limits = LimitsConfiguration()
        limits.maxParkedCalls = all
        limits.maxParkedCallsPerClient = each
        return ParkedCalls(limits: limits)
    }

    private func call(_ origin: String, _ parking: ParkedCalls) -> InteractiveCall {
        let partition = FrontSession(
            id: "p", revision: .v2026_07_28, clientInfo: Implementation(name: "", version: ""))
        return InteractiveCall(for: partition, origin: origin, namesServer: false, parking: parking, on: loop)
    }

    @Test("one client has its own limit, which is not another's")
    func perClient() {
        let parking = parking(all: 10, each: 2)
        let calls = (0..<3).map { _ in call("a", parking) }
        #expect(calls.map(parking.admit) == [true, true, false])
        #expect(parking.refusal(of: calls[2]).contains("limits.maxParkedCallsPerClient"))
        let other = call("b", parking)
        #expect(parking.admit(other))
        #expect(parking.count == 3)
        parking.forget(calls[0])
        #expect(parking.admit(calls[2]))
        #expect(!parking.admit(calls[0]))
    }

    @Test("all together have a limit")
    func together() {
        let parking = parking(all: 2, each: 2)
        let calls = ["a", "b", "c"].map { call($0, parking) }
        #expect(calls.map(parking.admit) == [true, true, false])
        #expect(parking.refusal(of: calls[2]).contains("(limits.maxParkedCalls)"))
        parking.forget(calls[1])
        #expect(parking.admit(calls[2]))
    }

    @Test("a call counts once, however often it asks, and is forgotten once")
    func once() {
        let parking = parking(all: 5, each: 2)
        let first = call("a", parking)
        for _ in 0..<5 { #expect(parking.admit(first)) }
        #expect(parking.count == 1)
        #expect(parking.call(first.id) === first)
        parking.forget(first)
        parking.forget(first)
        #expect(parking.count == 0)
        #expect(parking.call(first.id) == nil)
        #expect((0..<3).map { _ in parking.admit(call("a", parking)) } == [true, true, false])
    }

    @Test("with a limit of none, no call asks")
    func none() {
        let parking = parking(all: 0, each: 0)
        #expect(!parking.admit(call("a", parking)))
        #expect(parking.count == 0)
    }

    @Test("answers kept for a client that lost them do not keep it from asking: the oldest goes first")
    func finished() {
        let parking = parking(all: 3, each: 2)
        let done = (0..<2).map { _ in call("a", parking) }
        for call in done {
            #expect(parking.admit(call))
            parking.keep(call)
        }
        #expect(parking.call(done[0].id) === done[0])
        let open = (0..<3).map { _ in call("a", parking) }
        #expect(open.map(parking.admit) == [true, true, false])
        #expect(parking.count == 3)
        #expect(parking.call(done[0].id) == nil)
        #expect(parking.call(done[1].id) === done[1])
        #expect(parking.admit(call("b", parking)))
        #expect(parking.count == 3)
        #expect(parking.call(done[1].id) == nil)
    }
}
