import TestSupport
import Testing

/// What a client gives back with its answers: MCP 2026-07-28, "Multi Round-Trip Requests".
@Suite("State of parked calls")
struct ParkedStateTests {
    private static let invalidParams = -32602

    @Test("a state that was forged, altered, or made for another request is refused, and changes nothing")
    func refused() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options) { gateway, client in
            let asked = try await client.send(ParkCase.asking)
            let state = try #require(asked.state)
            let answers = StatelessClient.accepting(asked)
            var bytes = Array(state.utf8)
            bytes[bytes.count / 2] ^= 1
            let states = [
                "", "x", "gw1.", "gw1.e30.e30", String(state.dropLast()), state + "A",
                String(decoding: bytes, as: UTF8.self), state.uppercased(), String(repeating: "A", count: 100_000),
            ]
            for bad in states {
                let answer = try await client.send(ParkCase.asking.answering(answers, state: bad))
                #expect(answer.http.status == 200)
                #expect(answer.errorCode == Self.invalidParams, "\(bad.prefix(100)): \(answer.http)")
                #expect(answer.errorText.contains("params.requestState was not made by this gateway, or was altered"))
            }
            let others: [StatelessClient.Request] = [
                .call("test_elicitation", ["message": "else?"]), .call("test_elicitation", [:]),
                .call("test_elicitation", ["message": "who?", "timeoutMs": 5]), .call("ask_many", ["message": "who?"]),
                .init(method: "prompts/get", params: [.init("name", "test_elicitation")]),
                .init(method: "resources/read", params: [.init("uri", "test://static-text")]),
            ]
            for other in others {
                let answer = try await client.send(other.answering(answers, state: state))
                #expect(answer.errorCode == Self.invalidParams, "\(answer.http)")
                #expect(
                    answer.errorText.contains("params.requestState belongs to another request"), "\(answer.errorText)")
            }
            #expect(try record.answers().isEmpty)
            let done = try await client.retryAccepting(asked)
            #expect(done.text?.contains("Ada") == true, "\(done.http)")
        }
        #expect(try record.calls(of: "test_elicitation") == 1)
        #expect(try record.calls(of: "ask_many") == 0)
        #expect(try record.answers().count == 1)
    }

    @Test("a client that writes its request anew, in another order, goes on with the same call")
    func reordered() async throws {
        try await ParkCase.with(.http) { gateway, client in
            let asked = try await client.send(.call("ask_many", ["count": 1, "tag": "t"]))
            var retry = StatelessClient.Request.call(
                "ask_many", ["tag": "t", "count": 1], meta: [.init("progressToken", "new")]
            ).answering(StatelessClient.accepting(asked), state: asked.state)
            retry.params.reverse()
            #expect(try await client.send(retry).text?.contains("Ada") == true)
        }
    }

    @Test("a retry that is sent again gets the same result, and the call was made once")
    func replayed() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options) { gateway, client in
            let asked = try await client.send(ParkCase.asking)
            let first = try await client.retryAccepting(asked)
            let others: [JSONTree?] = [
                StatelessClient.accepting(asked), [:], Optional.none, ["q1": ["action": "decline"]],
            ]
            for answers in others {
                let again = try await client.retry(asked, answers)
                #expect(again.result == first.result, "\(again.http)")
            }
        }
        #expect(try record.calls(of: "test_elicitation") == 1)
        #expect(try record.answers().count == 1)
    }

    @Test("after limits.parkGrace the result is forgotten, which is said")
    func forgotten() async throws {
        try await ParkCase.with(.http, limits: ["parkGrace": "50ms"]) { gateway, client in
            let asked = try await client.send(ParkCase.asking)
            #expect(try await client.retryAccepting(asked).isComplete)
            let late = try await gateway.wait(for: "end of the grace") { () -> StatelessClient.Answer? in
                let answer = try await client.retryAccepting(asked)
                return answer.errorCode == nil ? nil : answer
            }
            #expect(late.errorCode == Self.invalidParams)
            #expect(late.errorText.contains("no longer in progress; call again"), "\(late.errorText)")
            #expect(late.error?["data"]?["restarted"] == nil)
        }
    }

    @Test("the state of an earlier round leads to where the call is now, and its answers are not delivered again")
    func earlierRound() async throws {
        let record = try ServerRecord()
        try await ParkCase.with(.http, record.options) { gateway, client in
            let first = try await client.call("ask_twice", ["tag": "t"])
            #expect(first.keys == ["q1"])
            let second = try await client.retryAccepting(first)
            #expect(second.keys == ["q2"])
            #expect(second.state != first.state)
            let again = try await client.retry(first, ["q1": ["action": "decline"]])
            #expect(again.keys == ["q2"])
            let done = try await client.retry(again, StatelessClient.accepting(again))
            let actions = try JSONTree(parsing: done.text ?? "").elements?.map { $0["action"]?.string }
            #expect(actions == ["accept", "accept"], "\(done.http)")
            #expect(try await client.retryAccepting(first).result == done.result)
        }
        #expect(try record.answers().count == 2)
    }

    @Test("a gateway that was restarted knows its state, but not the call: it says so, and makes none")
    func restarted() async throws {
        let record = try ServerRecord()
        let directory = try TemporaryDirectory()
        let states: [(name: String, state: JSONTree, isKnown: Bool)] = [
            ("dir", ["dir": .string(directory.path("state"))], true),
            ("key", ["key": "0123456789abcdef-shared"], true), ("none", [:], false),
        ]
        for (name, state, isKnown) in states {
            let configuration = try Self.configuration(record, state)
            let (asked, answers) = try await GatewayFixture.with(configuration) { gateway in
                let asked = try await StatelessClient(gateway).send(ParkCase.asking)
                return (asked, StatelessClient.accepting(asked))
            }
            #expect(asked.asks, "\(name)")
            let calls = try record.calls(of: "test_elicitation")
            try await GatewayFixture.with(configuration) { gateway in
                try await StatelessClient.with(gateway) { client in
                    let answer = try await client.send(ParkCase.asking.answering(answers, state: asked.state))
                    #expect(answer.errorCode == Self.invalidParams, "\(name): \(answer.http)")
                    #expect(answer.error?["data"]?["restarted"] == (isKnown ? true : nil), "\(name)")
                    #expect(
                        answer.errorText.contains(isKnown ? "call again" : "not made by this gateway"), "\(name)")
                }
            }
            #expect(try record.calls(of: "test_elicitation") == calls, "\(name)")
        }
    }

    @Test("another gateway with the same key, or with it as a former one, says that the call is not here")
    func secondGateway() async throws {
        let record = try ServerRecord()
        let (old, new) = ("old-key-of-the-gateway", "new-key-of-the-gateway")
        let first = try Self.configuration(record, ["key": .string(old)])
        let second = try Self.configuration(record, ["key": .string(new), "previousKeys": [.string(old)]])
        try await GatewayFixture.with(first) { here in
            try await GatewayFixture.with(second) { there in
                let (client, stranger) = (StatelessClient(here), StatelessClient(there))
                let asked = try await client.send(ParkCase.asking)
                let answer = try await stranger.retryAccepting(asked)
                #expect(answer.errorCode == Self.invalidParams)
                #expect(answer.error?["data"]?["restarted"] == true, "\(answer.http)")
                // What the newer one signs, the older one does not know.
                let other = try await stranger.send(ParkCase.asking)
                #expect(try await client.retryAccepting(other).errorText.contains("not made by this gateway"))
                #expect(try await client.retryAccepting(asked).isComplete)
                await client.expectNoProblems()
                await stranger.expectNoProblems()
            }
        }
    }

    private static func configuration(_ record: ServerRecord, _ state: JSONTree) throws -> JSONTree {
        let servers = UpstreamCase.configuration(["far": try ReferenceServer.stdio(record.options)])
        return .object((servers.members ?? []) + [.init("state", state)])
    }
}
