import AsyncIO
import Glibc
import MCPProtocol

/// What all parts of one answer have in common.
struct AnswerForm: Sendable {
    var id = "chatcmpl-" + RandomToken.hexadecimal(24)
    var created = time(nil)
    /// The agent's name, as the caller knows it.
    var model: String
    var runID: String
    /// The DIAL application interface, which wants usage and statistics always.
    var isDIAL: Bool
    /// `stream_options.include_usage`.
    var includesUsage: Bool
    /// The names that models have at their servers, by their configured names.
    var modelNames: [String: String]

    func encodeExtension(_ summary: RunSummary, into writer: inout JSONWriter) {
        writer.key("agent_bridge")
        writer.beginObject()
        writer.key("run_id")
        writer.string(runID)
        writer.key("turns")
        writer.integer(summary.turns)
        writer.key("tool_calls")
        writer.integer(summary.toolCalls)
        writer.key("stop_reason")
        writer.string(summary.stopReason.rawValue)
        if let interruption = summary.interruption {
            writer.key("interruption")
            interruption.encode(into: &writer)
        }
        writer.endObject()
    }

    func encodeStatistics(_ summary: RunSummary, into writer: inout JSONWriter) {
        writer.key("statistics")
        writer.beginObject()
        writer.key("usage_per_model")
        writer.beginArray()
        for (index, entry) in summary.usagePerModel.enumerated() {
            writer.beginObject()
            writer.key("index")
            writer.integer(index)
            writer.key("model")
            writer.string(modelNames[entry.model] ?? entry.model)
            entry.usage.encodeCounts(into: &writer)
            writer.endObject()
        }
        writer.endArray()
        if !summary.discardedMessages.isEmpty {
            writer.key("discarded_messages")
            writer.beginArray()
            for index in summary.discardedMessages { writer.integer(index) }
            writer.endArray()
        }
        writer.endObject()
    }
}
