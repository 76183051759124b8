import MCPProtocol
import Synchronization

/// What a request to a server of 2026-07-28 repeats in HTTP headers: MCP 2026-07-28, Transports, "Standard Headers" and
/// "Custom Headers".
///
/// Which arguments of a tool are repeated, its `inputSchema` says: whatever list of tools comes by is learned from.
final class RequestHeaders: Sendable {
    /// Only tools that have such arguments, by name.
    private let tools = Mutex<[String: ParameterHeaders]>([:])
    /// Beyond this a server's further tools go without.
    private static let maxTools = 10_000

    /// Takes note of a page of `tools/list`.
    func learn(fromTools result: RawJSON) {
        var news: [(name: String, headers: ParameterHeaders?)] = []
        result.member("tools")?.forEachElement { tool in
            let (name, schema) = tool.members("name", "inputSchema")
            if let name = name?.stringValue { news.append((name, schema.flatMap(Self.headers))) }
            return true
        }
        tools.withLock { tools in
            for (name, headers) in news where headers == nil || tools.count < Self.maxTools {
                tools[name] = headers
            }
        }
    }

    /// - Returns: `nil` for a tool without, and for one that breaks the rules: a caller knows better than to use it.
    private static func headers(_ schema: RawJSON) -> ParameterHeaders? {
        do throws(MessageError) {
            let headers = try ParameterHeaders(inputSchema: schema)
            return headers.isEmpty ? nil : headers
        } catch {
            return nil
        }
    }

    func headers(for method: String, _ params: RawJSON) -> [(name: String, value: String)] {
        var headers = [(name: "Mcp-Method", value: method)]
        let key: String
        switch method {
        case "tools/call", "prompts/get": key = "name"
        case "resources/read": key = "uri"
        case "tasks/get", "tasks/update", "tasks/cancel", "tasks/result": key = "taskId"
        default: return headers
        }
        guard let name = params.member(key)?.stringValue else { return headers }
        headers.append(("Mcp-Name", HeaderText.encode(name)))
        guard method == "tools/call", let parameters = tools.withLock({ $0[name] }) else { return headers }
        let arguments = params.member("arguments")
        for parameter in parameters.parameters {
            guard let text = parameter.text(in: arguments) else { continue }
            headers.append((parameter.header, HeaderText.encode(text)))
        }
        return headers
    }
}
