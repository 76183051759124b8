import Crypto
import Glibc
import MCPProtocol

/// Lets the hidden part of a conversation travel with the caller: signed, so that it comes back as it went, but not
/// secret.
struct StateSealer: Sendable {
    let key: MessageAuthenticationKey
    let lifetime: Duration
    let maxBytes: Int

    static let version = 1
    static let omitted = "[omitted]"

    /// - Parameter secret: `nil`: a key that is good for this process.
    init(_ settings: StateSettings) throws(CryptoError) {
        key =
            if let secret = settings.secret {
                try MessageAuthenticationKey(bytes: Array(secret.utf8))
            } else {
                try MessageAuthenticationKey()
            }
        lifetime = settings.lifetime
        maxBytes = settings.maxBytes
    }

    /// - Parameters:
    ///   - history: assistant messages with calls, and the answers to those.
    ///   - final: the text that followed.
    ///   - now: the wall clock, in seconds since 1970.
    /// - Returns: an object, or `nil` if even without results it is too long.
    func seal(_ history: [ChatMessage], final: JSONText, agent: String, now: Int = time(nil)) -> RawJSON? {
        var history = history
        var bytes = history.reduce(final.escaped.count + 256) { $0 + $1.byteCount + 1 }
        for index in history.indices where bytes > maxBytes {
            guard history[index].role == .tool, let id = history[index].toolCallID else { continue }
            bytes -= history[index].byteCount
            history[index] = .tool(answering: id, Self.omitted)
            bytes += history[index].byteCount
        }
        guard bytes <= maxBytes else { return nil }
        let messages = JSONValue.array(history.map { JSONValue($0.raw) })
        let expiry = now + Int(lifetime.components.seconds)
        let code = key.code(for: Self.signed(messages, final.string, expiry, agent))
        var writer = JSONWriter(capacity: bytes)
        writer.beginObject()
        writer.key("tool_call_history")
        writer.value(messages)
        writer.key("agent_bridge")
        writer.beginObject()
        writer.key("v")
        writer.integer(Self.version)
        writer.key("final")
        writer.raw(final.raw)
        writer.key("exp")
        writer.integer(expiry)
        writer.key("sig")
        writer.string(Base64URL.encode(code))
        writer.endObject()
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }

    /// What a state stands for.
    ///
    /// - Throws: why it is not ours, in words for the log.
    func open(_ state: RawJSON, agent: String, now: Int = time(nil)) throws(Refusal) -> StoredState {
        let (list, seal) = state.members("tool_call_history", "agent_bridge")
        guard let list, list.kind == .array, let seal, seal.kind == .object else {
            throw Refusal(reason: "no history of ours")
        }
        guard seal.member("v")?.intValue == Int64(Self.version) else { throw Refusal(reason: "unknown version") }
        guard let final = seal.member("final").flatMap(JSONText.init(_:)), let expiry = seal.member("exp")?.intValue,
            let signature = seal.member("sig")?.stringValue, let code = Base64URL.decode(Array(signature.utf8))
        else { throw Refusal(reason: "no signature") }
        let signed = Self.signed(JSONValue(list), final.string, Int(clamping: expiry), agent)
        guard key.verify(code, for: signed) else { throw Refusal(reason: "wrong signature") }
        guard expiry > now else { throw Refusal(reason: "expired") }
        var history: [ChatMessage] = []
        for element in list.elements {
            guard let role = element.member("role")?.stringValue.flatMap(ChatMessage.Role.init(rawValue:)) else {
                throw Refusal(reason: "a message without a role")
            }
            history.append(
                ChatMessage(
                    role: role, raw: element.detached(),
                    toolCalls: (element.member("tool_calls")?.elements ?? []).compactMap(ToolCall.init(_:)),
                    toolCallID: element.member("tool_call_id")?.stringValue))
        }
        return StoredState(history: history, final: final)
    }

    struct Refusal: Error {
        let reason: String
    }

    /// Platforms store a state and write it anew, so what is signed depends on neither order nor spacing.
    private static func signed(_ history: JSONValue, _ final: String, _ expiry: Int, _ agent: String) -> [UInt8] {
        let signed: JSONValue = [
            "agent": .string(agent), "exp": JSONValue(expiry), "final": .string(final),
            "tool_call_history": history, "v": JSONValue(version),
        ]
        return signed.canonical.serialized()
    }
}
