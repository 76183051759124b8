import Crypto
import MCPProtocol

/// Answers of a client to what a call asked that is no longer in progress here: good for the same questions, where the call
/// is made again.
struct RecalledAnswers: Sendable {
    /// Several where the same was asked several times.
    private var answers: [String: [RawJSON]] = [:]

    /// Whether the call was in progress at another gateway, or at this one before it was restarted.
    let areFromElsewhere: Bool

    /// - Parameters:
    ///   - asked: what was asked, by key: see ``digest(of:)``.
    ///   - given: what the client says, by key.
    init(to asked: [String: String], _ given: [(key: String, value: RawJSON)], fromElsewhere: Bool) {
        areFromElsewhere = fromElsewhere
        for (key, value) in given {
            if let digest = asked[key] { answers[digest, default: []].append(value.detached()) }
        }
    }

    /// The answer to a question, once. One that is no answer to it, or not to any more, is none.
    mutating func take(_ digest: String, answering method: String) -> RawJSON? {
        guard let answer = answers[digest]?.first else { return nil }
        answers[digest]?.removeFirst()
        return QuestionForClient.isValidAnswer(method: method, result: answer) == nil ? answer : nil
    }

    /// What tells questions of a server apart: SHA-256 of method and params, without what is of one time only.
    ///
    /// - Returns: `nil` where it cannot be made; the question then is like no other.
    static func digest(of request: JSONRPCRequest) -> String? {
        var members = request.params.map(JSONValue.init(_:)) ?? .object(JSONObject(members: []))
        for name in ["_meta", "task", "elicitationId"] { members[name] = nil }
        do throws(CryptoError) {
            let text = Array(request.method.utf8) + [0] + members.canonical.serialized()
            return Base64URL.encode(try SHA256.digest(of: text))
        } catch {
            return nil
        }
    }
}
