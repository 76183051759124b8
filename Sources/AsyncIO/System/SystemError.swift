import Glibc

/// A system call that failed: which one, and what the kernel said.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call that failed, as its manual page names it (`"epoll_ctl"`).
    package let operation: String
    /// The value of `errno`.
    package let code: Int32

    package init(operation: String, code: Int32 = errno) {
        self.operation = operation
        self.code = code
    }

    /// What the code means, in the words of `strerror(3)`, which glibc keeps per thread.
    package var reason: String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }

    package var description: String { "\(operation): \(reason)" }
}
