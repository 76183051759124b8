import Glibc

/// A file descriptor with one owner, closed when the owner lets go of it.
package struct OwnedDescriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    /// Takes over a descriptor that nobody else will close.
    package init(adopting rawValue: Int32) { self.rawValue = rawValue }

    deinit { _ = Glibc.close(rawValue) }

    /// Gives the descriptor away; closing it becomes the receiver's task.
    package consuming func release() -> Int32 {
        let descriptor = rawValue
        discard self
        return descriptor
    }
}
