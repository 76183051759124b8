import AsyncIO
import TestSupport
import Testing

@Suite("Event loop")
struct EventLoopTests {
    @Test("a task preferred to a loop runs on it, before and after each wait")
    func staysOnLoop() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let places = try await loop.run { () -> [Bool] in
            var places = [loop.isCurrent]
            try await loop.sleep(for: .milliseconds(1))
            places.append(loop.isCurrent)
            await Task.yield()
            places.append(loop.isCurrent)
            return places
        }
        #expect(places == [true, true, true])
        loop.shutDown()
    }

    @Test("an actor pinned to a loop runs on its thread")
    func pinnedActor() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        actor Pinned {
            let loop: EventLoop
            init(loop: EventLoop) { self.loop = loop }
            nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
            func isOnLoop() -> Bool { loop.isCurrent }
        }
        #expect(await Pinned(loop: loop).isOnLoop())
        loop.shutDown()
    }

    @Test("timers fire in the order of their deadlines, and a cancelled one never")
    func timers() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let order = try await loop.run { () -> [Int] in
            let log = Collected()
            let start = MonotonicInstant.now
            for index in [5, 1, 4, 2, 3] {
                _ = loop.schedule(at: start + .milliseconds(index)) { log.values.append(index) }
            }
            let cancelled = loop.schedule(at: start + .milliseconds(2)) { log.values.append(99) }
            loop.cancel(cancelled)
            loop.cancel(cancelled)
            try await loop.sleep(until: start + .milliseconds(6))
            #expect(loop.pendingTimers == 0)
            return log.values
        }
        #expect(order == [1, 2, 3, 4, 5])
        loop.shutDown()
    }

    @Test("work that makes more work, on and on, does not keep a due timer waiting for long")
    func fairness() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let jobs = try await loop.run { () -> Int in
            let work = EndlessWork(on: loop)
            work.run()
            try await loop.sleep(for: .milliseconds(1))
            work.isStopped = true
            return work.jobs
        }
        // Far fewer than the jobs of a pass that nothing but their number ends.
        #expect(jobs < 200)
        loop.shutDown()
    }

    @Test("ten thousand timers cancelled in a random order leave none")
    func timerRemoval() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        try await loop.run {
            var generator = SeededGenerator(seed: 7)
            let far = MonotonicInstant.now + .seconds(3600)
            var tokens = (0..<10_000).map { _ in
                loop.schedule(at: far + .milliseconds(Int.random(in: 0..<100_000, using: &generator))) {}
            }
            tokens.shuffle(using: &generator)
            for token in tokens { loop.cancel(token) }
            #expect(loop.pendingTimers == 0)
        }
        loop.shutDown()
    }

    @Test("cancelling a sleeping task wakes it at once and leaves no timer")
    func cancelledSleep() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let sleeper = Task(executorPreference: loop) { () -> Bool in
            do {
                try await loop.sleep(for: .seconds(3600))
                return false
            } catch {
                return true
            }
        }
        sleeper.cancel()
        #expect(await sleeper.value)
        #expect(try await loop.run { loop.pendingTimers } == 0)
        loop.shutDown()
    }

    @Test("a signal given before the wait is not lost")
    func earlySignal() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let wake = try await loop.run { () -> LoopSignal.Wake in
            let signal = LoopSignal(loop: loop)
            signal.signal()
            return await signal.wait(until: .now + .seconds(60))
        }
        #expect(wake == .signalled)
        loop.shutDown()
    }
}

/// Values noted on one loop.
// Unchecked: the tests touch it on one loop only.
private final class Collected: @unchecked Sendable {
    var values: [Int] = []
}

/// Jobs of half a millisecond, each of which enqueues the next.
// Unchecked: touched on the loop's thread only.
private final class EndlessWork: @unchecked Sendable {
    private let loop: EventLoop
    var isStopped = false
    private(set) var jobs = 0

    init(on loop: EventLoop) { self.loop = loop }

    func run() {
        guard !isStopped else { return }
        jobs += 1
        let end = MonotonicInstant.now + .microseconds(500)
        while MonotonicInstant.now < end {}
        loop.execute { [self] in run() }
    }
}
