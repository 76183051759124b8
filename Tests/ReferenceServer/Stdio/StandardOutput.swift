import AsyncIO
import Glibc

/// Standard output: a stream on the loop, or a file, to which writing does not wait.
@LoopActor
final class StandardOutput {
    private enum Target {
        case stream(IOStream)
        case file
    }

    private static let fillerChunk = [UInt8](repeating: OutgoingMessage.filler, count: 64 << 10)

    private let target: Target

    init() throws(SystemError) {
        do {
            target = .stream(
                try IOStream(
                    adopting: try StandardInput.reopenNonBlocking(STDOUT_FILENO, flags: O_WRONLY),
                    on: LoopActor.loop, direction: .writing))
        } catch {
            guard error.operation == "epoll_ctl", error.code == EPERM else { throw error }
            target = .file
        }
    }

    /// Writes what the outbox hands out until it is finished.
    func drain(_ outbox: Outbox) async throws(IOStreamError) {
        while let pieces = await outbox.take() {
            for piece in pieces {
                switch piece {
                case .bytes(let bytes): try await write(bytes[...])
                case .filler(var rest):
                    while rest > 0 {
                        let count = min(rest, Self.fillerChunk.count)
                        try await write(Self.fillerChunk[..<count])
                        rest -= count
                    }
                }
            }
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>) async throws(IOStreamError) {
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
