import AsyncIO

/// Tells any number of waiting tasks that something has changed; each looks for itself whether it was what it waits for.
@LoopActor
final class Broadcast {
    private var waiting: [ObjectIdentifier: LoopSignal] = [:]

    /// Waits for the next ``send()``, the deadline or the task's cancellation.
    func wait(until deadline: MonotonicInstant? = nil) async -> LoopSignal.Wake {
        let signal = LoopSignal(loop: LoopActor.loop)
        waiting[ObjectIdentifier(signal)] = signal
        defer { waiting[ObjectIdentifier(signal)] = nil }
        return await signal.wait(until: deadline)
    }

    func send() {
        for signal in waiting.values { signal.signal() }
    }
}
