import TestSupport

/// Questions in results (MCP 2026-07-28, "Multi Round-Trip Requests").
extension ModernClient {
    /// Asks again with answers until the result asks nothing.
    ///
    /// - Parameter id: of the first round.
    func rounds(of method: String, _ params: JSONTree?, from id: JSONTree) async throws -> Answer {
        var (id, first, rounds) = (id, id, 0)
        var present = params
        while true {
            let (response, facts) = try await exchange(method, present, id: id)
            guard let result = response?["result"], result["resultType"] == "input_required" else {
                let told = inbox.value.told
                return Answer(
                    id: first, response: response, before: told[...], rounds: rounds, status: facts?.head.status)
            }
            rounds += 1
            guard rounds <= Self.maxRounds else {
                throw WireFailure("\(method) asks for the \(rounds)th time: \(result)")
            }
            present = retried(params, answering: result)
            // Nothing to answer: the server wants to be asked again after a while.
            if result["inputRequests"] == nil { try await Task.sleep(for: .milliseconds(20)) }
            id = makeID()
        }
    }

    /// The params for the next round: those of the first, with what this result asks and nothing of the rounds before.
    func retried(_ params: JSONTree?, answering result: JSONTree) -> JSONTree {
        var members = params?.members ?? []
        if let questions = result["inputRequests"]?.members {
            inbox.update { inbox in
                for question in questions { inbox.note(question: question.value, declared: capabilities) }
            }
            members.append(
                .init(
                    "inputResponses",
                    .object(
                        questions.map { question in
                            .init(question.name, AnswerBook.result(answering: question.value, revision: .v2026_07_28))
                        })))
        }
        if let state = result["requestState"] { members.append(.init("requestState", state)) }
        return .object(members)
    }
}

/// A subscription that is going on. What it sends is in ``ModernClient/Inbox/heard`` under its id.
struct ModernListening: Sendable {
    let id: JSONTree
    /// What the server listens to for it.
    let acknowledged: JSONTree
}

extension ModernClient {
    /// Begins a subscription and waits for its acknowledgement.
    func listen(_ filter: JSONTree) async throws -> ModernListening {
        let id = makeID()
        start(id) { [self] in
            let (response, facts) = try await exchange(
                "subscriptions/listen", ["notifications": filter], id: id)
            return .answer(
                Answer(
                    id: id, response: response, before: [], status: facts?.head.status))
        }
        enum Beginning { case acknowledged(JSONTree), ended(Outcome) }
        let beginning = try await inbox.wait(for: "acknowledgement of \(id)", within: Self.patience) { inbox in
            if let first = inbox.heard[id]?.first { return Beginning.acknowledged(first) }
            return inbox.outcomes[id].map(Beginning.ended)
        }
        guard case .acknowledged(let message) = beginning else {
            throw WireFailure("\(name): subscriptions/listen got \(beginning)")
        }
        return ModernListening(id: id, acknowledged: message["params"]?["notifications"] ?? .null)
    }

    /// Waits until a subscription has sent something after its acknowledgement.
    func heard(
        _ what: String, on listening: ModernListening, count: Int = 1,
        where match: @escaping @Sendable (JSONTree) -> Bool
    ) async throws -> [JSONTree] {
        try await inbox.wait(for: "\(count) of \(what)", within: Self.patience) { inbox in
            let found = (inbox.heard[listening.id] ?? []).dropFirst().filter(match)
            return found.count >= count ? found : nil
        }
    }
}
