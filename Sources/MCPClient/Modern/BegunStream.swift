import AsyncIO
import MCPProtocol

/// A large answer of which the beginning has been read already.
actor BegunStream: OutcomeStream {
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated let member: String
    private var first: ArraySlice<UInt8>?
    private let rest: any OutcomeStream

    init(_ first: ArraySlice<UInt8>, rest: any OutcomeStream, loop: EventLoop) {
        self.first = first.isEmpty ? nil : first
        self.rest = rest
        self.loop = loop
        member = rest.member
    }

    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ArraySlice<UInt8>? {
        if let first {
            self.first = nil
            return first
        }
        return try await rest.next(until: deadline)
    }

    func cancel() {
        first = nil
        Task(executorPreference: loop) { [rest] in await rest.cancel() }
    }
}

extension InputRequired {
    /// Whether a result that begins so may ask. Servers write `resultType` among the first or the last members; a result
    /// that asks is rarely large, and its questions are then what is large.
    static func mayBegin(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            // The rarest letter of both words, at the same place in them.
            var rest = bytes[...]
            while let q = rest.firstIndex(of: UInt8(ascii: "q")) {
                let word = bytes[max(0, q - 8)...]
                if word.starts(with: "\"inputRequests\"".utf8) || word.starts(with: "input_required".utf8) {
                    return true
                }
                rest = bytes[(q + 1)...]
            }
            return false
        }
    }
}
