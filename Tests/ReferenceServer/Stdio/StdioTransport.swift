import AsyncIO
import Glibc
import MCPProtocol

/// MCP over standard input and output (MCP 2025-11-25, Transports, "stdio"): one message a line.
@LoopActor
final class StdioTransport: MessageSink {
    private let server: Server
    private let session: LegacySession
    private let caller: ModernCaller
    private let outbox = Outbox(framing: .lines)

    init(server: Server) {
        self.server = server
        // Several processes may record to one file.
        let label = "stdio-\(getpid())"
        session = LegacySession(server: server, transport: .stdio, label: label)
        caller = ModernCaller(label: label, transport: .stdio, headers: nil)
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
            if server.options.isSilent { return }
            if server.era.hasLegacy {
                outbox.append(session.recorded(LegacySession.error(error)))
            } else {
                outbox.append(server.modern.refuse(error, from: caller))
            }
            return
        }
        if case .single(.request(let request)) = payload {
            server.countRequest()
            if request.method == "server/discover", let fault = server.takeProbeFault() {
                return answerProbe(request, fault)
            }
        }
        let reception =
            isModern(payload)
            ? server.modern.receive(payload, text: line, from: caller, sink: self)
            : session.receive(payload, text: line, sink: self)
        if case .answer(let answer) = reception { outbox.append(answer) }
    }

    /// Each message for itself: a client may probe and shake hands on the same pipe.
    private func isModern(_ payload: JSONRPCPayload) -> Bool {
        if case .single(.notification(let notification)) = payload, server.era == .both,
            notification.method == "notifications/cancelled",
            let id = notification.params?.member("requestId").flatMap({ RequestID($0) })
        {
            return server.modern.isRunning(
                server.options.echoesStringIDs ? LegacySession.echoedID(id) : id, of: caller)
                || session.revision == nil
        }
        return server.isModern(payload)
    }

    /// Answers `server/discover` wrongly. What is wrong on purpose is not recorded.
    private func answerProbe(_ request: JSONRPCRequest, _ fault: ProbeFault) {
        server.statistics.count(request.method)
        if let answer = fault.answer(to: request.id, serverName: server.options.name) { return outbox.append(answer) }
        switch fault {
        case .garbage: outbox.appendRaw(Array("It works!\n".utf8))
        case .exit: exit(1)
        default: break
        }
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
