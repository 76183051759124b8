import Testing

@testable import AsyncIO

@Suite("Loop signal, on the way to a wait", .timeLimit(.minutes(1)))
struct LoopSignalGapTests {
    @Test("a signal that comes between the look and the wait ends the wait")
    func signalInTheGap() async throws {
        let loop = try EventLoop(name: "gap")
        try loop.start()
        let wake = try await loop.run {
            let signal = LoopSignal(loop: loop)
            // Behind this task in the loop's queue, but before it again if the wait sends it round once more.
            loop.execute { signal.signal() }
            return await signal.wait(until: .now + .seconds(20))
        }
        #expect(wake == .signalled)
        loop.shutDown()
    }

    @Test("a cancellation that comes between the look and the wait ends the wait")
    func cancellationInTheGap() async throws {
        let loop = try EventLoop(name: "gap")
        try loop.start()
        let wake = try await loop.run {
            let signal = LoopSignal(loop: loop)
            let waiting = Task(executorPreference: loop) { await signal.wait(until: .now + .seconds(20)) }
            loop.execute { waiting.cancel() }
            return await waiting.value
        }
        #expect(wake == .cancelled)
        loop.shutDown()
    }
}
