import Glibc
import MCPProtocol

/// The built-in tool `search_tools`, for agents with more tools than a model can be shown at once: finds tools by
/// keywords, ranked by BM25 over name and description.
final class ToolSearch: Sendable {
    static let name = "search_tools"
    /// More tools than this are searched for instead of shown.
    static let maxShown = 128
    /// Definitions that fill more than this share of a context window, likewise.
    static let maxContextShare = 0.05

    static let schema = RawJSON(
        unchecked: Array(
            #"{"type":"object","properties":{"query":{"type":"string","description":"keywords: what the tool should do"},"limit":{"type":"integer","description":"how many tools to return, 5 by default"}},"required":["query"]}"#
                .utf8)[...])

    static let definition = ToolDefinition.encode(
        name: name,
        description:
            "Finds further tools by keywords. The tools it returns can be called from the next step on. Use it whenever"
            + " no tool at hand fits.",
        parameters: Array(schema.bytes))

    private struct Document: Sendable {
        let name: String
        let description: String
        let terms: [String: Int]
        let length: Int
    }

    private let documents: [Document]
    private let frequency: [String: Int]
    private let averageLength: Double

    init(_ tools: AgentTools) {
        documents = tools.entries.map { entry in
            var terms: [String: Int] = [:]
            // What a tool is called says more than what is said about it.
            for word in Self.words(entry.name) { terms[word, default: 0] += 3 }
            for word in Self.words(entry.tool.description) { terms[word, default: 0] += 1 }
            return Document(
                name: entry.name, description: entry.tool.description.cut(toBytes: 200), terms: terms,
                length: terms.values.reduce(0, +))
        }
        var frequency: [String: Int] = [:]
        for document in documents { for term in document.terms.keys { frequency[term, default: 0] += 1 } }
        self.frequency = frequency
        averageLength = max(1, Double(documents.reduce(0) { $0 + $1.length }) / Double(max(1, documents.count)))
    }

    /// Names, the best match first.
    func find(_ query: String, limit: Int) -> [String] {
        matches(query, limit: limit).map(\.name)
    }

    private func matches(_ query: String, limit: Int) -> [Document] {
        let terms = Set(Self.words(query))
        let scored = documents.map { ($0, score($0, terms)) }.enumerated().filter { $0.element.1 > 0 }
        return scored.sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }
            .prefix(max(0, limit)).map(\.element.0)
    }

    private func score(_ document: Document, _ terms: Set<String>) -> Double {
        let (k, b) = (1.2, 0.75)
        return terms.reduce(0) { sum, term in
            guard let count = document.terms[term] else { return sum }
            let containing = Double(frequency[term] ?? 0)
            let rarity = log1p((Double(documents.count) - containing + 0.5) / (containing + 0.5))
            let length = 1 - b + b * Double(document.length) / averageLength
            return sum + rarity * Double(count) * (k + 1) / (Double(count) + k * length)
        }
    }

    /// `[{"name","description"}]`
    func answer(_ arguments: RawJSON) -> ToolResult {
        let query = arguments.member("query")?.stringValue ?? ""
        let limit = Int(clamping: arguments.member("limit")?.intValue ?? 5)
        let found = matches(query, limit: min(max(1, limit), 20))
        guard !found.isEmpty else { return ToolResult(text: "[]") }
        var writer = JSONWriter()
        writer.beginArray()
        for document in found {
            writer.beginObject()
            writer.key("name")
            writer.string(document.name)
            writer.key("description")
            writer.string(document.description)
            writer.endObject()
        }
        writer.endArray()
        return ToolResult(text: String(decoding: writer.finish(), as: UTF8.self))
    }

    /// The names in an answer of ``answer(_:)``.
    static func names(in answer: String) -> [String] {
        do {
            return try RawJSON(validating: answer).elements.compactMap { $0.member("name")?.stringValue }
        } catch {
            return []  // An error text: nothing was found.
        }
    }

    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for character in text {
            let isPart = character.isLetter || character.isNumber
            if !isPart || (character.isUppercase && wasLower), !word.isEmpty {
                words.append(word)
                word = ""
            }
            if isPart { word += character.lowercased() }
            wasLower = character.isLowercase
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
