import CLinux
import Glibc
import Synchronization

/// One thread, one epoll, one timer queue, and a Swift executor.
///
/// A task started with `executorPreference: loop` and an actor whose `unownedExecutor` is the loop run on its thread,
/// and so does everything they wait for here: sockets, pipes, children, timers, HTTP transfers. What belongs to a loop
/// is touched on its thread only, which is why it needs no lock.
///
/// A loop runs until ``shutDown()``. Nothing may block its thread.
// Unchecked: `incoming` and `isWakePending` are synchronized; every other mutable member is touched on the loop's
// thread only, which `preconditionInLoop` checks at the entrances.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    private enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    private struct Watch {
        var handler: (any ReadinessHandler)?
        var generation: UInt32 = 0
    }

    /// Jobs run between two looks at the descriptors: enough to amortize the system call, few enough to stay fair.
    private static let maxJobsPerPass = 1024
    /// How long these jobs may take together: a large transfer makes jobs as quickly as they are run, each of which
    /// moves many bytes. Looked at after every eighth job, so that short passes never read the clock.
    private static let maxPassTime = Duration.milliseconds(1)
    private static let jobsBetweenClockReads = 8
    private static let maxEventsPerPass = 256
    /// What one `read(2)` can take; shared by all streams of the loop, so an idle one holds no buffer.
    private static let scratchBytes = 64 * 1024

    package let name: String
    private let epoll: OwnedDescriptor
    private let wakeUp: OwnedDescriptor
    private let incoming = Mutex<[Work]>([])
    private let isWakePending = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)

    private var ready: [Work] = []
    private var watches: [Watch] = []
    private var timers = TimerQueue()
    private var thread = pthread_t()
    private var events: UnsafeMutablePointer<clinux_event>
    /// Valid during one synchronous read on the loop.
    let scratch: UnsafeMutableRawBufferPointer

    /// - Throws: when the kernel refuses an epoll or event descriptor.
    package init(name: String) throws(SystemError) {
        let epoll = clinux_epoll_create()
        guard epoll >= 0 else { throw SystemError(operation: "epoll_create1") }
        let ownedEpoll = OwnedDescriptor(adopting: epoll)
        let event = clinux_eventfd()
        guard event >= 0 else { throw SystemError(operation: "eventfd") }
        let ownedEvent = OwnedDescriptor(adopting: event)
        guard clinux_epoll_add(epoll, event, clinux_epollin, UInt64(UInt32.max)) == 0 else {
            throw SystemError(operation: "epoll_ctl")
        }
        self.name = name
        self.epoll = ownedEpoll
        self.wakeUp = ownedEvent
        events = .allocate(capacity: Self.maxEventsPerPass)
        scratch = .allocate(byteCount: Self.scratchBytes, alignment: 16)
    }

    deinit {
        events.deallocate()
        scratch.deallocate()
    }

    // MARK: Life

    /// Starts the loop's thread. Call once.
    package func start() throws(SystemError) {
        let retained = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let loop = Unmanaged<EventLoop>.fromOpaque(argument).takeRetainedValue()
                clinux_name_thread(loop.name)
                clinux_set_current_loop(argument)
                loop.run()
                clinux_set_current_loop(nil)
                return nil
            }, retained.toOpaque())
        guard code == 0 else {
            retained.release()
            throw SystemError(operation: "pthread_create", code: code)
        }
    }

    /// Ends the loop's thread after the pass it is in. Jobs enqueued afterwards never run, so whoever owns the loop
    /// first ends what runs on it. Blocks until the thread has ended; not to be called on a loop.
    package func shutDown() {
        precondition(clinux_current_loop() == nil, "a loop cannot wait for a loop's end")
        guard !isStopping.exchange(true, ordering: .acquiringAndReleasing) else { return }
        wake()
        pthread_join(thread, nil)
    }

    private func run() {
        while !isStopping.load(ordering: .acquiring) {
            runReady()
            let timeout: Int64
            if !ready.isEmpty {
                timeout = 0
            } else if let earliest = timers.earliest {
                timeout = max(0, earliest.nanoseconds - MonotonicInstant.now.nanoseconds)
            } else {
                timeout = -1
            }
            pollDescriptors(timeout: timeout)
            takeIncoming()
            if timers.count > 0 {
                let now = MonotonicInstant.now
                while let action = timers.popExpired(at: now) { action() }
            }
        }
    }

    private func runReady() {
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var next = 0
        var limit = MonotonicInstant.distantFuture
        while next < ready.count, next < Self.maxJobsPerPass {
            if next > 0, next.isMultiple(of: Self.jobsBetweenClockReads) {
                let now = MonotonicInstant.now
                if limit == .distantFuture {
                    limit = now + Self.maxPassTime
                } else if now >= limit {
                    break
                }
            }
            switch ready[next] {
            case .job(let job): job.runSynchronously(isolatedTo: serial, taskExecutor: task)
            case .call(let body): body()
            }
            next += 1
        }
        ready.removeFirst(next)
    }

    private func pollDescriptors(timeout: Int64) {
        let count = clinux_epoll_wait(epoll.rawValue, events, Int32(Self.maxEventsPerPass), timeout)
        guard count >= 0 else {
            precondition(errno == EINTR, "epoll_wait: errno \(errno)")
            return
        }
        for index in 0..<Int(count) {
            let event = events[index]
            let descriptor = Int(UInt32(truncatingIfNeeded: event.data))
            if descriptor == Int(UInt32.max) {
                var value: UInt64 = 0
                // An empty read is fine: somebody else's wake-up was already taken.
                _ = Glibc.read(wakeUp.rawValue, &value, 8)
                continue
            }
            guard descriptor < watches.count, watches[descriptor].generation == UInt32(event.data >> 32) else {
                continue
            }
            watches[descriptor].handler?.handleReadiness(Readiness(rawValue: event.events))
        }
    }

    private func takeIncoming() {
        guard isWakePending.exchange(false, ordering: .acquiringAndReleasing) else { return }
        incoming.withLock { queue in
            ready.append(contentsOf: queue)
            queue.removeAll(keepingCapacity: queue.count < Self.maxJobsPerPass)
        }
    }

    // MARK: Executor

    /// The loop of the current thread, if it is a loop's thread.
    package static var current: EventLoop? {
        clinux_current_loop().map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    package var isCurrent: Bool { clinux_current_loop() == Unmanaged.passUnretained(self).toOpaque() }

    package func preconditionInLoop(_ function: StaticString = #function) {
        precondition(isCurrent, "\(function) was called off its event loop")
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Runs a piece of synchronous work on the loop, after what is already waiting there. From any thread.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        add(.call(body))
    }

    private func add(_ work: Work) {
        if isCurrent {
            ready.append(work)
        } else {
            incoming.withLock { $0.append(work) }
            // Only the first of many wakes the thread: takeIncoming resets the flag before it empties the queue.
            if !isWakePending.exchange(true, ordering: .acquiringAndReleasing) { wake() }
        }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = Glibc.write(wakeUp.rawValue, &one, 8)
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() { preconditionInLoop() }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Runs an async function as a task of this loop and waits for its outcome. Cancellation reaches the function.
    package func run<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task(executorPreference: self) { try await body() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    // MARK: Timers

    /// Calls `action` on the loop once the deadline has passed, in the first pass after it.
    package func schedule(at deadline: MonotonicInstant, _ action: @escaping @Sendable () -> Void) -> TimerToken {
        preconditionInLoop()
        return timers.insert(at: deadline, action)
    }

    package func cancel(_ timer: TimerToken) {
        preconditionInLoop()
        timers.cancel(timer)
    }

    /// Timers that have neither fired nor been cancelled; a leak shows here.
    package var pendingTimers: Int {
        preconditionInLoop()
        return timers.count
    }

    // MARK: Descriptors

    /// Watches a descriptor. The handler is kept until ``deregister(_:)``.
    package func register(
        _ descriptor: Int32, for interest: Readiness, handler: any ReadinessHandler
    ) throws(SystemError) -> Registration {
        preconditionInLoop()
        let index = Int(descriptor)
        if index >= watches.count {
            watches.append(contentsOf: repeatElement(Watch(), count: max(64, index + 1 - watches.count)))
        }
        precondition(watches[index].handler == nil, "descriptor \(descriptor) is watched already")
        let registration = Registration(descriptor: descriptor, generation: watches[index].generation)
        guard clinux_epoll_add(epoll.rawValue, descriptor, interest.rawValue, registration.data) == 0 else {
            throw SystemError(operation: "epoll_ctl")
        }
        watches[index].handler = handler
        return registration
    }

    package func modify(_ registration: Registration, interest: Readiness) throws(SystemError) {
        preconditionInLoop()
        guard
            clinux_epoll_modify(
                epoll.rawValue, registration.descriptor, interest.rawValue, registration.data) == 0
        else { throw SystemError(operation: "epoll_ctl") }
    }

    /// Stops watching. Call before the descriptor is closed: its number may be reused at once.
    package func deregister(_ registration: Registration) {
        preconditionInLoop()
        let index = Int(registration.descriptor)
        guard index < watches.count, watches[index].generation == registration.generation else { return }
        watches[index].handler = nil
        watches[index].generation &+= 1
        // Fails only for a descriptor the kernel has dropped by itself.
        _ = clinux_epoll_delete(epoll.rawValue, registration.descriptor)
    }
}
