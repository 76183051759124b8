import Glibc

/// The process's own standard input and output on a loop.
///
/// Never made non-blocking themselves where that can be avoided: the flag would belong to whoever shares the open file, a
/// shell for instance. A pipe or terminal is opened a second time through /proc instead.
package enum StandardDescriptor {
    /// Standard input.
    ///
    /// - Throws: when the kernel refuses a descriptor.
    package static func openInput(on loop: EventLoop) throws(SystemError) -> IOStream {
        do {
            return try IOStream(
                adopting: try reopenNonBlocking(STDIN_FILENO, flags: O_RDONLY), on: loop, direction: .reading)
        } catch {
            // A regular file, and /dev/null, cannot be waited for: a thread carries it through a pipe.
            guard error.operation == "epoll_ctl", error.code == EPERM else { throw error }
            return try IOStream(adopting: try copyThroughPipe(), on: loop, direction: .reading)
        }
    }

    /// A new descriptor for what `descriptor` refers to, non-blocking and close-on-exec; the old one stays as it is.
    static func reopenNonBlocking(_ descriptor: Int32, flags: Int32) throws(SystemError) -> OwnedDescriptor {
        let reopened = Glibc.open("/proc/self/fd/\(descriptor)", flags | O_NONBLOCK | O_CLOEXEC)
        if reopened >= 0 { return OwnedDescriptor(adopting: reopened) }
        // A socket cannot be opened again, nor can another user's pipe. Both are normally not shared.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError(operation: "fcntl") }
        let owned = OwnedDescriptor(adopting: copy)
        guard fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK) == 0 else {
            throw SystemError(operation: "fcntl")
        }
        return owned
    }

    /// A pipe's end that gives what standard input gives.
    private static func copyThroughPipe() throws(SystemError) -> OwnedDescriptor {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemError(operation: "pipe") }
        let reading = OwnedDescriptor(adopting: ends[0])
        let writing = ends[1]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                StandardDescriptor.copyInput(to: Int32(Int(bitPattern: argument)))
                return nil
            }, UnsafeMutableRawPointer(bitPattern: Int(writing)))
        guard code == 0 else {
            _ = Glibc.close(writing)
            throw SystemError(operation: "pthread_create", code: code)
        }
        pthread_detach(thread)
        return reading
    }

    /// Runs on a thread of its own; ends with the input or with the process.
    private static func copyInput(to descriptor: Int32) {
        defer { _ = Glibc.close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            var written = 0
            while written < count {
                let result = buffer[written..<count].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if result < 0, errno == EINTR { continue }
                guard result > 0 else { return }
                written += result
            }
        }
    }
}
