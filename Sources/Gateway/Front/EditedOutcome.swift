import AsyncIO
import MCPClient
import MCPProtocol

/// A large result that is changed while it passes.
actor EditedOutcome: OutcomeStream {
    nonisolated let member: String
    private let stream: any OutcomeStream
    private var editor: ObjectStreamEditor

    init(_ stream: any OutcomeStream, _ editor: ObjectStreamEditor) {
        self.stream = stream
        self.editor = editor
        member = stream.member
    }

    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ArraySlice<UInt8>? {
        while let piece = try await stream.next(until: deadline) {
            let edited = editor.edit(piece)
            if !edited.isEmpty { return edited }
        }
        return nil
    }

    func cancel() {
        let stream = self.stream
        Task { await stream.cancel() }
    }
}
