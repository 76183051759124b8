import Glibc

/// Standard output or standard error, written to without buffering.
enum StandardStream {
    case output, error

    private var descriptor: Int32 {
        switch self {
        case .output: STDOUT_FILENO
        case .error: STDERR_FILENO
        }
    }

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// How many columns the terminal has; `nil` if this is no terminal, or it does not say.
    var terminalWidth: Int? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes all of the bytes. Blocks.
    ///
    /// - Throws: what the kernel said. `EPIPE` is the reader who has seen enough, provided SIGPIPE is ignored.
    func write(_ bytes: [UInt8]) throws(WriteFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Shared with somebody who made it non-blocking.
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                Glibc.poll(&poll, 1, -1)
            default: throw WriteFailure(code: errno)
            }
        }
    }

    /// One line for whoever watches. That nobody does is no error.
    func note(_ line: String) {
        do throws(WriteFailure) {
            try write(Array((line + "\n").utf8))
        } catch {
            // There is no third stream to say it on.
        }
    }

    struct WriteFailure: Error {
        let code: Int32
    }
}
