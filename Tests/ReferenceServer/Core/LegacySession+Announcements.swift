import AsyncIO
import MCPProtocol

/// What belongs to no request: announcements of changes, and questions of the server's own accord.
extension LegacySession {
    /// - Returns: `false` if there was nowhere to send it, and it is lost.
    @discardableResult
    func announce(_ message: [UInt8]) -> Bool {
        let message = OutgoingMessage(message)
        guard let sendUnsolicited, sendUnsolicited(message) else { return false }
        _ = recorded(message)
        return true
    }

    /// As soon as there is somewhere to send it: over HTTP the client may not have opened its stream yet. Lost if there is
    /// nothing by the deadline.
    func announce(_ message: [UInt8], until deadline: MonotonicInstant) async {
        while !announce(message), await channelOpened.wait(until: deadline) == .signalled {}
    }

    func announce(_ message: [UInt8], after delay: Duration) {
        startInBackground { [self] in
            do {
                try await LoopActor.loop.sleep(for: delay)
            } catch {
                return  // The session has ended.
            }
            await announce(message, until: .now + LegacyCallClient.defaultTimeout)
        }
    }

    func listDidChange(_ list: ListKind) {
        let name =
            switch list {
            case .tools: "tools"
            case .resources, .resourceTemplates: "resources"
            case .prompts: "prompts"
            }
        announce(JSONRPC.notification(method: "notifications/\(name)/list_changed"))
    }

    func resourceDidUpdate(_ uri: String) {
        guard subscriptions.contains(uri) else { return }
        let params: JSONValue = ["uri": .string(uri)]
        announce(JSONRPC.notification(method: "notifications/resources/updated", params: params.serialized()))
    }

    // MARK: Questions

    /// Why the client may not be asked; `nil` if it may.
    func objection(to question: Question) -> QuestionFailure? {
        guard let revision else { return .unsupported(question.kind) }
        if server.options.asksUndeclared { return nil }
        return question.isAllowed(by: client.capabilities, in: revision) ? nil : .unsupported(question.kind)
    }

    /// Asks while no call waits for the answer, which ``Server/lateQuestionOutcome`` tells.
    func askOutsideCalls(
        _ question: Question, after delay: Duration = .zero, timeout: Duration = LegacyCallClient.defaultTimeout
    ) {
        server.lateQuestionOutcome = ["method": .string(question.method), "state": "waiting"]
        startInBackground { [self] in
            do {
                if delay > .zero { try await LoopActor.loop.sleep(for: delay) }
            } catch {
                return  // The session has ended.
            }
            var outcome: JSONObject = ["method": .string(question.method)]
            switch await askOutsideCalls(question, timeout: timeout) {
            case .success(let result): outcome["result"] = JSONValue(result)
            case .failure(.refused(let error)):
                outcome["error"] = JSONValue(RawJSON(unchecked: error.encode()[...]))
            case .failure(let failure): outcome["failure"] = .string("\(failure)")
            }
            server.lateQuestionOutcome = .object(outcome)
        }
    }

    private func askOutsideCalls(_ question: Question, timeout: Duration) async -> Result<RawJSON, QuestionFailure> {
        if let objection = objection(to: question) { return .failure(objection) }
        let deadline = MonotonicInstant.now + timeout
        let outcomes = await questions.ask([question], timeout: timeout) { message in
            await announce(message, until: deadline)
        }
        return outcomes.first ?? .failure(.closed)
    }
}
