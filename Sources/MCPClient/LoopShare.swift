import AsyncIO

/// Counts what a reader has handled since others on its loop had their turn. A peer that never pauses would otherwise
/// keep the loop to itself: as long as there is something to read, a reader never waits.
struct LoopShare {
    /// What may be handled in one turn.
    static let bytesPerTurn = 64 << 10

    private var bytes = 0

    /// - Returns: whether it is the others' turn now: see ``EventLoop/giveWay()``.
    mutating func isUsedUp(by count: Int) -> Bool {
        bytes += count
        guard bytes >= Self.bytesPerTurn else { return false }
        bytes = 0
        return true
    }
}

extension EventLoop {
    /// Lets the loop look at its descriptors and timers before the caller goes on.
    func giveWay() async {
        do {
            try await sleep(for: .zero)
        } catch {
            // Cancelled: the caller's next wait says so.
        }
    }
}
