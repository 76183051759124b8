import AsyncIO
import Glibc
import MCPProtocol

/// MCP over standard input and output (MCP 2025-11-25, Transports, "stdio"): one message a line.
@LoopActor
final class StdioTransport: MessageSink {
    private let server: Server
    private let session: LegacySession
    private let outbox = Outbox(framing: .lines)

    init(server: Server) {
        self.server = server
        // Several processes may record to one file.
        session = LegacySession(server: server, transport: .stdio, label: "stdio-\(getpid())")
        session.sendUnsolicited = { [outbox] message in
            outbox.append(message)
            return true
        }
    }

    /// Serves until standard input ends; what has been answered by then is written.
    func run() async throws {
        let input = try StandardDescriptor.openInput(on: LoopActor.loop)
        let output = try StandardOutput(on: LoopActor.loop)
        let writer = LoopActor.start { [outbox] in try await outbox.drain(to: output) }
        if server.options.printsGarbageAtStart {
            outbox.appendRaw(Array("Starting up ...\n{\"this\": is not JSON}\n\n[1, 2\n".utf8))
        }
        try await readAll(input)
        if !server.options.ignoresRequestsToEnd {
            session.close()
            outbox.finish()
        }
        try await writer.value
    }

    private func readAll(_ input: IOStream) async throws {
        var framer = LineFramer(maxMessageBytes: LegacySession.maxMessageBytes)
        while try await input.read({ framer.append($0) }) != nil {
            while let line = try framer.next() { receive(line) }
            // A client that does not read its answers is not read from either.
            await outbox.waitForSpace()
        }
    }

    private func receive(_ line: ArraySlice<UInt8>) {
        let payload: JSONRPCPayload
        do {
            payload = try JSONRPCPayload(
                parsing: line, limits: JSONLimits(maxBytes: LegacySession.maxMessageBytes))
        } catch {
            if !server.options.isSilent { outbox.append(session.recorded(LegacySession.error(error))) }
            return
        }
        if case .answer(let answer) = session.receive(payload, text: line, sink: self) { outbox.append(answer) }
    }

    // MARK: MessageSink

    var carriesMessages: Bool { true }

    func send(_ message: [UInt8]) async {
        outbox.append(OutgoingMessage(message))
        await outbox.waitForSpace()
    }

    func finish(_ answer: OutgoingMessage?) {
        if let answer { outbox.append(answer) }
    }

    func misbehave(_ how: Misbehaviour) -> Bool {
        guard case .garbage(let bytes, let fillerBytes) = how else { return false }
        outbox.appendRaw(bytes, fillerBytes: fillerBytes)
        outbox.appendRaw([UInt8(ascii: "\n")])
        return true
    }

    var transportFacts: JSONValue { .object(["kind": .string("stdio")]) }
}
