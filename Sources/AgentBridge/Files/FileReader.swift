import AsyncIO
import MCPProtocol

/// The built-in tool `agent_file_read`: reads a file that a user attached, page by page.
enum FileReader {
    static let name = "agent_file_read"
    /// In characters.
    static let pageLength = 10_000

    static let definition = ToolDefinition.encode(
        name: name,
        description:
            "Reads a text file that the user attached, by its URL, in pages of \(pageLength) characters. The first page"
            + " says how many there are.",
        parameters: Array(schema.bytes))

    static let schema = RawJSON(
        unchecked: Array(
            #"{"type":"object","properties":{"file_url":{"type":"string","description":"the URL as it was attached"},"page":{"type":"integer","description":"from 1; without it, the first"}},"required":["file_url"]}"#
                .utf8)[...])

    /// - Parameter arguments: checked against ``schema``.
    static func read(_ arguments: RawJSON, from files: FileClient) async -> ToolResult {
        let url = arguments.member("file_url")?.stringValue ?? ""
        let page = Int(clamping: arguments.member("page")?.intValue ?? 1)
        do throws(FileProblem) {
            let file = try await files.fetch(try FileLocation(parsing: url))
            let given = file.type ?? ""
            let type =
                MediaType.isVague(given) ? MediaType.ofFile(named: Attachment.name(url)) ?? "text/plain" : given
            guard MediaType.isText(type) else {
                throw FileProblem(
                    "is of the type \(type.cut(toBytes: 80)), which cannot be read as text; try another tool")
            }
            return await Offload.run(bytes: file.bytes.count) {
                do throws(FileProblem) {
                    let text = AttachmentContent.readable(try file.text(), type: type)
                    return ToolResult(text: try Self.page(page, of: text))
                } catch {
                    return Self.failure(url, error)
                }
            }
        } catch {
            return failure(url, error)
        }
    }

    /// - Parameter number: from 1.
    static func page(_ number: Int, of text: String) throws(FileProblem) -> String {
        let characters = text.unicodeScalars
        let count = max(1, (characters.count + pageLength - 1) / pageLength)
        guard 1...count ~= number else {
            throw FileProblem("has \(count) page\(count == 1 ? "" : "s"); there is no page \(number)")
        }
        let start = characters.index(characters.startIndex, offsetBy: (number - 1) * pageLength)
        let page = characters[start...].prefix(pageLength)
        return String(String.UnicodeScalarView(page)) + "\n\n**Page #\(number). Total pages: \(count)**"
    }

    private static func failure(_ url: String, _ problem: FileProblem) -> ToolResult {
        ToolResult(failure: "the file \(url.cut(toBytes: 300)) \(problem.reason)")
    }
}
