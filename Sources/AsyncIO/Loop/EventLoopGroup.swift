import Glibc
import Synchronization

/// The loops of a process, started together.
package final class EventLoopGroup: Sendable {
    package let loops: [EventLoop]
    private let turn = Atomic<UInt>(0)

    /// - Parameter count: how many loops; at least one is made. `nil`: one per processor this process may use.
    package init(count: Int? = nil) throws(SystemError) {
        let wanted = max(1, count ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var loops: [EventLoop] = []
        for index in 0..<wanted {
            let loop = try EventLoop(name: "loop-\(index)")
            try loop.start()
            loops.append(loop)
        }
        self.loops = loops
    }

    /// Each loop in turn.
    package func next() -> EventLoop {
        loops[Int(turn.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(loops.count))]
    }

    /// Ends every loop; see ``EventLoop/shutDown()``.
    package func shutDown() {
        for loop in loops { loop.shutDown() }
    }
}
