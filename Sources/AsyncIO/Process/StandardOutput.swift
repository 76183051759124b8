import Glibc

/// The process's standard output, written from a loop: a stream, or a file, to which writing does not wait.
// Unchecked: the stream checks that it is used on its loop; the rest does not change.
package final class StandardOutput: @unchecked Sendable {
    private enum Target {
        case stream(IOStream)
        case file
    }

    private let target: Target

    /// Call on the loop.
    ///
    /// - Throws: when the kernel refuses a descriptor.
    package init(on loop: EventLoop) throws(SystemError) {
        do {
            target = .stream(
                try IOStream(
                    adopting: try StandardDescriptor.reopenNonBlocking(STDOUT_FILENO, flags: O_WRONLY), on: loop,
                    direction: .writing))
        } catch {
            // A regular file, and /dev/null, cannot be waited for and need not be.
            guard error.operation == "epoll_ctl", error.code == EPERM else { throw error }
            target = .file
        }
    }

    /// Writes all bytes, waiting while the reader is slow. One task at a time.
    package func write(_ bytes: ArraySlice<UInt8>) async throws(IOStreamError) {
        switch target {
        case .stream(let stream): try await stream.write(bytes)
        case .file:
            var rest = bytes
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw .failed(SystemError(operation: "write")) }
                rest = rest.dropFirst(count)
            }
        }
    }
}
