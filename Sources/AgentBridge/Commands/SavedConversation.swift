import Configuration
import Foundation
import MCPProtocol

/// A conversation in a file: `{"messages":[…]}`, hidden parts included.
enum SavedConversation {
    static let maxBytes = 64 << 20

    static func load(_ path: String) throws(UsageError) -> [ChatMessage] {
        let bytes: [UInt8]
        do throws(FileReadError) {
            bytes = try ConfigurationEnvironment.contentsOfFile(path, limit: maxBytes)
        } catch {
            throw UsageError("the conversation \(path.shortened) \(error.reason)")
        }
        let value: RawJSON
        do throws(JSONError) {
            value = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: maxBytes))
        } catch {
            throw UsageError("the conversation \(path.shortened) is not JSON: \(error)")
        }
        var messages: [ChatMessage] = []
        for element in value.member("messages")?.elements ?? [] {
            guard let role = element.member("role")?.stringValue.flatMap(ChatMessage.Role.init(rawValue:)) else {
                throw UsageError("the conversation \(path.shortened) has a message without a role")
            }
            messages.append(
                ChatMessage(
                    role: role, raw: element,
                    toolCalls: (element.member("tool_calls")?.elements ?? []).compactMap(ToolCall.init(_:)),
                    toolCallID: element.member("tool_call_id")?.stringValue))
        }
        return messages
    }

    static func save(_ messages: [ChatMessage], to path: String) throws(UsageError) {
        var writer = JSONWriter(capacity: messages.reduce(32) { $0 + $1.byteCount + 1 })
        writer.beginObject()
        writer.key("messages")
        writer.beginArray()
        for message in messages { writer.raw(message.raw) }
        writer.endArray()
        writer.endObject()
        do {
            // Written whole or not at all.
            try Data(writer.finish()).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw UsageError("\(path.shortened) cannot be written: \(error.localizedDescription)")
        }
    }
}
