import AsyncIO

extension Outbox {
    private static let fillerChunk = [UInt8](repeating: OutgoingMessage.filler, count: 64 << 10)

    /// Writes what the outbox hands out until it is finished.
    func drain(to output: StandardOutput) async throws(IOStreamError) {
        while let pieces = await take() {
            for piece in pieces {
                switch piece {
                case .bytes(let bytes): try await output.write(bytes[...])
                case .filler(var rest):
                    while rest > 0 {
                        let count = min(rest, Self.fillerChunk.count)
                        try await output.write(Self.fillerChunk[..<count])
                        rest -= count
                    }
                }
            }
        }
    }
}
