import MCPProtocol
import Testing

@testable import MCPClient

@Suite("Rounds of questions")
struct QuestionRoundsTests {
    private static func json(_ text: String) -> RawJSON { RawJSON(unchecked: Array(text.utf8)[...]) }

    private static func asked(_ questions: [(String, String, String?)], state: String? = nil) -> InputRequired {
        InputRequired(
            questions: questions.map { .init(key: $0.0, method: $0.1, params: $0.2.map(json)) }, requestState: state)
    }

    private static func rounds(_ capabilities: String, max: Int = 10) -> QuestionRounds {
        QuestionRounds(for: ClientCapabilities(json(capabilities), revision: .v2026_07_28), maxRounds: max)
    }

    @Test(
        "only what the client declared may be asked",
        arguments: [
            ("{}", "roots/list", nil, false), (#"{"roots":{}}"#, "roots/list", nil, true),
            (#"{"sampling":{}}"#, "sampling/createMessage", "{}", true),
            (#"{"sampling":{}}"#, "sampling/createMessage", #"{"tools":[]}"#, false),
            (#"{"sampling":{"tools":{}}}"#, "sampling/createMessage", #"{"tools":[]}"#, true),
            (#"{"elicitation":{}}"#, "elicitation/create", "{}", true),
            (#"{"elicitation":{}}"#, "elicitation/create", #"{"mode":"url"}"#, false),
            (#"{"elicitation":{"url":{}}}"#, "elicitation/create", #"{"mode":"url"}"#, true),
            (#"{"elicitation":{"url":{}}}"#, "elicitation/create", #"{"mode":"form"}"#, false),
            (#"{"roots":{},"sampling":{}}"#, "tools/list", nil, false),
        ] as [(String, String, String?, Bool)])
    func declared(capabilities: String, method: String, params: String?, isAllowed: Bool) {
        var rounds = Self.rounds(capabilities)
        var completed: [String] = []
        var isRefused = false
        do throws(MCPClientError) {
            _ = try rounds.take(Self.asked([("k", method, params)]), completed: &completed)
        } catch {
            isRefused = error.kind == .protocolViolation
        }
        #expect(isRefused != isAllowed)
    }

    @Test(
        "a refusal names what the client lacks",
        arguments: [
            ("{}", "roots/list", nil, #"has not declared "roots""#),
            ("{}", "sampling/createMessage", "{}", #"has not declared "sampling""#),
            (#"{"sampling":{}}"#, "sampling/createMessage", #"{"tools":[]}"#, #"has not declared "sampling.tools""#),
            ("{}", "elicitation/create", "{}", #"has not declared "elicitation""#),
            ("{}", "elicitation/create", #"{"mode":"url"}"#, #"has not declared "elicitation.url""#),
            ("{}", "tools/list", nil, "no client can be asked"),
        ] as [(String, String, String?, String)])
    func lacking(capabilities: String, method: String, params: String?, words: String) {
        var rounds = Self.rounds(capabilities)
        var completed: [String] = []
        do throws(MCPClientError) {
            _ = try rounds.take(Self.asked([("k", method, params)]), completed: &completed)
            Issue.record("\(method) is not refused")
        } catch {
            #expect(error.detail.hasPrefix("the server asked \"\(method)\", "), "\(error.detail)")
            #expect(error.detail.contains(words), "\(error.detail)")
        }
    }

    @Test("pauses between rounds without questions double, up to a bound, and begin anew after a question")
    func pauses() throws {
        var rounds = Self.rounds(#"{"roots":{}}"#)
        var completed: [String] = []
        func pause(_ rounds: inout QuestionRounds) throws -> Duration? {
            let step = try rounds.take(Self.asked([], state: "s"), completed: &completed)
            guard case .askAgain(let retry, let pause) = step else { return nil }
            #expect(retry.responses == nil && retry.requestState == "s")
            return pause
        }
        let first = try (0..<6).map { _ in try pause(&rounds) }
        #expect(first == [250, 500, 1000, 2000, 4000, 5000].map(Duration.milliseconds))
        _ = try rounds.take(Self.asked([("k", "roots/list", nil)]), completed: &completed)
        #expect(try pause(&rounds) == .milliseconds(250))
    }

    @Test("answers go back in the order of the questions, by their keys")
    func answers() throws {
        var rounds = Self.rounds(#"{"roots":{},"sampling":{}}"#)
        var completed: [String] = []
        let asked = Self.asked([("b\"", "roots/list", nil), ("a", "sampling/createMessage", "{}")], state: "é")
        guard case .ask(let open) = try rounds.take(asked, completed: &completed) else {
            Issue.record("nothing was asked")
            return
        }
        for (number, question) in open.enumerated().reversed() {
            rounds.take(Self.json("{\"n\":\(number)}"), to: question)
        }
        #expect(rounds.retry.responses.map { String(decoding: $0, as: UTF8.self) } == #"{"b\"":{"n":0},"a":{"n":1}}"#)
        #expect(rounds.retry.requestState == "é")
    }

    @Test("a visit that was refused is asked for again, one that was agreed to is not")
    func visits() throws {
        let url = Self.asked([("u", "elicitation/create", #"{"mode":"url","message":"m","url":"https://a"}"#)])
        for action in ["accept", "decline", "cancel"] {
            var rounds = Self.rounds(#"{"elicitation":{"url":{}}}"#)
            var completed: [String] = []
            guard case .ask(let open) = try rounds.take(url, completed: &completed), let first = open.first else {
                Issue.record("nothing was asked")
                continue
            }
            rounds.take(Self.json(#"{"action":"\#(action)"}"#), to: first)
            switch try rounds.take(url, completed: &completed) {
            case .ask: #expect(action != "accept" && rounds.finish().isEmpty)
            case .askAgain(let retry, _):
                #expect(action == "accept" && completed.isEmpty)
                #expect(retry.responses.map { String(decoding: $0, as: UTF8.self) } == #"{"u":{"action":"accept"}}"#)
                #expect(rounds.finish() == [first.elicitationID])
            }
        }
    }

    @Test("ids of visits are UUIDs of version 4, and all different")
    func ids() {
        let ids = (0..<1000).map { _ in UniqueID.make() }
        #expect(Set(ids).count == 1000)
        let shape = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(ids.allSatisfy { $0.wholeMatch(of: shape) != nil })
    }
}
