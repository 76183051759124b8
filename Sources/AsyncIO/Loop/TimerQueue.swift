/// Pending timers in order of their deadlines: a binary heap that knows each timer's place, so that cancelling one
/// removes it at once. Most deadlines are cancelled, not reached; they must not linger until their time comes.
struct TimerQueue {
    private struct Slot {
        var deadline: MonotonicInstant
        var place: Int
        var generation: UInt32
        var action: (@Sendable () -> Void)?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    /// Slot numbers, ordered as a heap by their deadlines.
    private var heap: [Int] = []

    var count: Int { heap.count }
    var earliest: MonotonicInstant? { heap.first.map { slots[$0].deadline } }

    mutating func insert(at deadline: MonotonicInstant, _ action: @escaping @Sendable () -> Void) -> TimerToken {
        let number: Int
        if let reused = free.popLast() {
            number = reused
            slots[number].deadline = deadline
            slots[number].action = action
        } else {
            number = slots.count
            slots.append(Slot(deadline: deadline, place: 0, generation: 0, action: action))
        }
        slots[number].place = heap.count
        heap.append(number)
        siftUp(heap.count - 1)
        return TimerToken(slot: number, generation: slots[number].generation)
    }

    /// Forgets a timer. A token whose timer has fired or was cancelled before is ignored.
    mutating func cancel(_ token: TimerToken) {
        guard slots.indices.contains(token.slot), slots[token.slot].generation == token.generation,
            slots[token.slot].action != nil
        else { return }
        remove(token.slot)
    }

    /// Removes and returns one timer whose deadline has passed.
    mutating func popExpired(at now: MonotonicInstant) -> (@Sendable () -> Void)? {
        guard let number = heap.first, slots[number].deadline <= now else { return nil }
        let action = slots[number].action
        remove(number)
        return action
    }

    private mutating func remove(_ number: Int) {
        let place = slots[number].place
        let last = heap.count - 1
        if place != last {
            heap[place] = heap[last]
            slots[heap[place]].place = place
        }
        heap.removeLast()
        if place < heap.count {
            siftDown(place)
            siftUp(place)
        }
        slots[number].action = nil
        slots[number].generation &+= 1
        free.append(number)
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard slots[heap[place]].deadline < slots[heap[parent]].deadline else { return }
            exchange(place, parent)
            place = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            var smallest = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
                if slots[heap[child]].deadline < slots[heap[smallest]].deadline { smallest = child }
            }
            guard smallest != place else { return }
            exchange(place, smallest)
            place = smallest
        }
    }

    private mutating func exchange(_ first: Int, _ second: Int) {
        heap.swapAt(first, second)
        slots[heap[first]].place = first
        slots[heap[second]].place = second
    }
}

/// Names a scheduled timer, to cancel it. Harmless once the timer has fired.
package struct TimerToken: Sendable, Hashable {
    let slot: Int
    let generation: UInt32
}
