import AsyncIO
import MCPProtocol
import Testing

@testable import Gateway

struct ParkedCallsTests {
    private let loop: EventLoop
    private let parked: ParkedCalls

    init() throws {
        loop = try EventLoop(name: "test")
        var limits = LimitsConfiguration()
        limits.maxParkedCalls = 3
        limits.maxParkedCallsPerClient = 2
        parked = ParkedCalls(limits: limits)
    }

    private func call(from origin: String) -> InteractiveCall {
        let partition = FrontSession(
            id: "partition", revision: .v2026_07_28, clientInfo: Implementation(name: "test", version: "1"))
        return InteractiveCall(for: partition, origin: origin, namesServer: false, parking: parked, on: loop)
    }

    @Test("as many calls wait as may, of one client and of all")
    func caps() {
        let calls = (0..<2).map { _ in call(from: "a") }
        for call in calls {
            #expect(parked.admit(call))
            #expect(parked.admit(call), "it is in already")
        }
        let third = call(from: "a")
        #expect(!parked.admit(third))
        #expect(parked.refusal(of: third).contains("maxParkedCallsPerClient"))
        #expect(parked.admit(call(from: "b")))
        let fifth = call(from: "c")
        #expect(!parked.admit(fifth))
        #expect(parked.refusal(of: fifth).contains("3 calls wait for answers"))
        parked.forget(calls[0])
        #expect(parked.call(calls[0].id) == nil)
        #expect(parked.admit(third))
    }

    @Test("a call that has its outcome is found, and waits no more")
    func finished() {
        for _ in 0..<20 {
            let call = call(from: "a")
            #expect(parked.admit(call))
            parked.finish(call)
            #expect(parked.call(call.id) === call)
        }
        #expect(parked.count == 2, "outcomes beyond the cap of their client are forgotten, the oldest first")
    }

    @Test("outcomes of many clients are kept up to the cap of all")
    func manyClients() {
        let calls = (0..<5).map { call(from: "client \($0)") }
        for call in calls {
            #expect(parked.admit(call))
            parked.finish(call)
        }
        #expect(calls.map { parked.call($0.id) != nil } == [false, false, true, true, true])
        for call in calls { parked.forget(call) }
        #expect(parked.count == 0)
        #expect(parked.admit(calls[0]))
    }
}
