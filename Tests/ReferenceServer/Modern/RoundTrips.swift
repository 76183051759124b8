import Crypto
import Glibc
import MCPProtocol

/// The questions of one request and the answers its client has given so far, over all rounds (MCP 2026-07-28, "Multi
/// Round-Trip Requests").
///
/// Nothing is kept between rounds: what has been answered travels in `requestState`, sealed, and whoever asks begins
/// anew in each round, finding the answers that are there already.
@LoopActor
final class RoundTrips {
    /// How long a client may take for a round, in seconds.
    private static let lifetime = 600
    private static let purpose = "request-state"

    private let key: MessageAuthenticationKey
    private let request: JSONRPCRequest
    /// What the state is valid for: this method with these params. Found out when there is a state to read or to make.
    private var subject: String?
    private let capabilities: RawJSON
    private let asksUndeclared: Bool
    /// What has been answered and looked at, in this round or before.
    private(set) var settled: [String: RawJSON] = [:]
    /// Answers of this round.
    private let responses: [String: RawJSON]
    private let hasState: Bool
    private var round = 0
    /// What was not answered yet.
    private var open: [(key: String, question: Question)] = []
    private var needsState = false
    private var lastNumber = 0

    /// - Parameter asksUndeclared: ask what the client has not declared, too.
    init(_ exchange: ModernExchange, key: MessageAuthenticationKey, asksUndeclared: Bool) throws(ModernRefusal) {
        self.key = key
        self.asksUndeclared = asksUndeclared
        capabilities = exchange.envelope.capabilities
        request = exchange.request
        let (given, state) = (exchange.params ?? .emptyObject).members("inputResponses", "requestState")
        if let given, given.kind != .object { throw .invalidParams("params.inputResponses must be an object") }
        responses = Dictionary(
            (given?.members ?? []).map { ($0.name, $0.value.detached()) }, uniquingKeysWith: { _, last in last })
        hasState = state != nil
        if let state { try read(state) }
    }

    private func findSubject() throws(CryptoError) -> String {
        if let subject { return subject }
        let found = try Self.digest(of: request)
        subject = found
        return found
    }

    /// Ends the round: ``result`` asks for what is missing.
    private func comeBack() throws(ToolFailure) -> Never {
        do throws(CryptoError) {
            _ = try findSubject()
        } catch {
            throw .failed("\(error)")
        }
        throw .inputRequired
    }

    // MARK: Asking

    /// - Returns: the answers, in the order of the questions.
    /// - Throws: ``ToolFailure/inputRequired`` while one is missing; ``result`` asks for it then.
    func answers(to questions: [Question]) throws(ToolFailure) -> [RawJSON] {
        var answers: [RawJSON] = []
        for question in questions {
            lastNumber += 1
            let name = question.key ?? "question-\(lastNumber)"
            if !asksUndeclared { try Self.require(question.kind, of: capabilities) }
            if let answer = settled[name] {
                answers.append(answer)
            } else if let answer = responses[name] {
                if question.hasState, !hasState { throw .invalidParams("params.requestState is missing") }
                if let fact = question.objection(to: answer) {
                    throw .invalidParams("params.inputResponses[\"\(name)\"] \(fact)")
                }
                settled[name] = answer
                answers.append(answer)
            } else {
                open.append((name, question))
            }
        }
        needsState = questions.contains(where: \.hasState)
        guard open.isEmpty else { try comeBack() }
        return answers
    }

    /// Makes the client come back without an answer, that many times.
    func pause(rounds: Int) throws(ToolFailure) {
        guard round < rounds else { return }
        needsState = true
        try comeBack()
    }

    static func require(_ kind: Question.Kind, of capabilities: RawJSON) throws(ToolFailure) {
        guard !Question.isAllowed(kind, by: capabilities, in: .v2026_07_28) else { return }
        let fact = "client does not support \(kind.rawValue)"
        guard let needed = kind.capability else { throw .failed(fact) }
        throw .protocolError(
            code: Int64(ErrorCode.missingRequiredClientCapability), message: fact,
            data: JSONValue.object(["requiredCapabilities": needed]).raw)
    }

    /// The members of a result that asks what is open.
    var result: JSONObject {
        var result = JSONObject()
        if !open.isEmpty { result["inputRequests"] = .object(Self.requests(open)) }
        if needsState { result["requestState"] = .string(sealedState) }
        return result
    }

    /// Questions as a client is asked them, by their keys.
    static func requests(_ questions: [(key: String, question: Question)]) -> JSONObject {
        var requests = JSONObject()
        for (key, question) in questions {
            var request: JSONObject = ["method": .string(question.method)]
            var params = question.params
            params["elicitationId"] = nil  // Belongs to 2025-11-25.
            if !params.members.isEmpty { request["params"] = .object(params) }
            requests[key] = .object(request)
        }
        return requests
    }

    // MARK: State

    private var sealedState: String {
        let answers = JSONObject(
            members: settled.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: JSONValue($0.value)) })
        let state: JSONValue = [
            "for": .string(subject ?? ""), "until": JSONValue(time(nil) + Self.lifetime), "round": JSONValue(round + 1),
            "answers": .object(answers),
        ]
        return key.seal(payload: state.serialized(), purpose: Self.purpose)
    }

    /// From the hands of a client, who may have changed it, kept it too long, or taken it from another request.
    private func read(_ state: RawJSON) throws(ModernRefusal) {
        guard let text = state.stringValue else { throw .invalidParams("params.requestState must be a string") }
        guard let payload = key.open(text, purpose: Self.purpose) else {
            throw .invalidParams("params.requestState is not as this server gave it")
        }
        let state = RawJSON(unchecked: payload[...])
        let subject: String
        do throws(CryptoError) {
            subject = try findSubject()
        } catch {
            throw .internalError("\(error)")
        }
        guard state.member("for")?.stringValue == subject else {
            throw .invalidParams("params.requestState belongs to another request")
        }
        guard let until = state.member("until")?.intValue, until > Int64(time(nil)) else {
            throw .invalidParams("params.requestState has expired")
        }
        round = Int(state.member("round")?.intValue ?? 0)
        for (name, answer) in state.member("answers")?.members ?? [] { settled[name] = answer }
    }

    /// The same for all rounds of a request, in whatever order its members are written.
    private static func digest(of request: JSONRPCRequest) throws(CryptoError) -> String {
        var params = request.params.map { JSONValue($0) }?.objectValue ?? [:]
        for name in ["_meta", "inputResponses", "requestState"] { params[name] = nil }
        let subject: JSONValue = [.string(request.method), .object(params)]
        return Base64URL.encode(try SHA256.digest(of: subject.sorted.serialized()))
    }
}

extension JSONValue {
    /// With the members of all objects in the order of their names.
    fileprivate var sorted: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let object):
            .object(
                JSONObject(
                    members: object.members.sorted { $0.name < $1.name }
                        .map { .init(name: $0.name, value: $0.value.sorted) }))
        default: self
        }
    }
}

extension ToolFailure {
    static func invalidParams(_ fact: String) -> ToolFailure {
        .protocolError(code: Int64(ErrorCode.invalidParams), message: fact)
    }
}
