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
            // None, too, for a tool that breaks the rules: a caller knows better than to use it.
            if let name = tool.member("name")?.stringValue { news.append((name, ParameterHeaders(ofTool: tool))) }
            return true
        }
        tools.withLock { tools in
            for (name, headers) in news where headers == nil || tools.count < Self.maxTools {
                tools[name] = headers
            }
        }
    }

    func headers(for method: String, _ params: RawJSON) -> [(name: String, value: String)] {
        var headers = [(name: MirroredHeaders.method, value: method)]
        guard let member = MirroredHeaders.nameMember(of: method),
            let name = params.member("\(member.text)")?.stringValue
        else {
            return headers
        }
        headers.append((MirroredHeaders.name, HeaderText.encode(name)))
        guard method == "tools/call", let parameters = tools.withLock({ $0[name] }) else { return headers }
        let arguments = params.member("arguments")
        for parameter in parameters.parameters {
            guard let text = parameter.text(in: arguments) else { continue }
            headers.append((parameter.header, HeaderText.encode(text)))
        }
        return headers
    }
}
