import Glibc

/// The process's own standard input and output as streams on a loop.
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
            let pipe = try Pipe()
            try carry(from: STDIN_FILENO, to: pipe.writing)
            return try IOStream(adopting: OwnedDescriptor(adopting: pipe.reading), on: loop, direction: .reading)
        }
    }

    /// Standard output; a regular file is written to through a pipe and a thread.
    package static func openOutput(on loop: EventLoop) throws(SystemError) -> IOStream {
        do {
            return try IOStream(
                adopting: try reopenNonBlocking(STDOUT_FILENO, flags: O_WRONLY), on: loop, direction: .writing)
        } catch {
            guard error.operation == "epoll_ctl", error.code == EPERM else { throw error }
            let pipe = try Pipe()
            try carry(from: pipe.reading, to: STDOUT_FILENO)
            return try IOStream(adopting: OwnedDescriptor(adopting: pipe.writing), on: loop, direction: .writing)
        }
    }

    /// A new descriptor for what `descriptor` refers to, non-blocking and close-on-exec; the old one stays as it is.
    private static func reopenNonBlocking(_ descriptor: Int32, flags: Int32) throws(SystemError) -> OwnedDescriptor {
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

    /// The numbers of a pipe's ends, which do not block and are not inherited; whoever takes one owns it.
    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init() throws(SystemError) {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw SystemError(operation: "pipe") }
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            (reading, writing) = (ends[0], ends[1])
        }
    }

    /// Copies from one descriptor to another on a thread of its own, until the end of the input; then closes what is not
    /// one of the process's standard descriptors.
    private static func carry(from source: Int32, to target: Int32) throws(SystemError) {
        // The thread's end of a pipe may block; only the loop's must not.
        for descriptor in [source, target] where descriptor > STDERR_FILENO {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        }
        var thread = pthread_t()
        let packed = Int(source) << 32 | Int(target)
        let code = pthread_create(
            &thread, nil,
            { argument in
                let packed = Int(bitPattern: argument)
                StandardDescriptor.copy(from: Int32(packed >> 32), to: Int32(packed & 0x7FFF_FFFF))
                return nil
            }, UnsafeMutableRawPointer(bitPattern: packed))
        guard code == 0 else {
            for descriptor in [source, target] where descriptor > STDERR_FILENO { _ = Glibc.close(descriptor) }
            throw SystemError(operation: "pthread_create", code: code)
        }
        pthread_detach(thread)
    }

    private static func copy(from source: Int32, to target: Int32) {
        defer { for descriptor in [source, target] where descriptor > STDERR_FILENO { _ = Glibc.close(descriptor) } }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            var written = 0
            while written < count {
                let result = buffer[written..<count].withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
                if result < 0, errno == EINTR { continue }
                guard result > 0 else { return }
                written += result
            }
        }
    }
}
