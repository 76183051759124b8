import MCPProtocol
import Synchronization

/// What a request to a server of 2026-07-28 repeats in HTTP headers: MCP 2026-07-28, Transports, "Standard Headers" and
/// "Custom Headers".
///
/// Which arguments of a tool are repeated, its `inputSchema` says: whatever list of tools comes by is learned from.
final class RequestHeaders: Sendable {
    private struct State {
        /// Only tools that have such arguments, by name.
        var tools: [String: ParameterHeaders] = [:]
        /// All headers of calls to tools without them, by name: who sends them takes equal ones for the same if they are the
        /// same in memory.
        var plain: [String: AllHeaders] = [:]
    }

    private let state = Mutex(State())
    /// Beyond this a server's further tools go without.
    private static let maxTools = 10_000
    /// Names whose headers are remembered.
    private static let maxPlain = 1024

    /// Takes note of a page of `tools/list`.
    func learn(fromTools result: RawJSON) {
        var news: [(name: String, headers: ParameterHeaders?)] = []
        result.member("tools")?.forEachElement { tool in
            // None, too, for a tool that breaks the rules: a caller knows better than to use it.
            if let name = tool.member("name")?.stringValue { news.append((name, ParameterHeaders(ofTool: tool))) }
            return true
        }
        state.withLock { state in
            for (name, headers) in news where headers == nil || state.tools.count < Self.maxTools {
                state.tools[name] = headers
                state.plain[name] = nil
            }
        }
    }

    /// All headers of a request.
    ///
    /// - Parameters:
    ///   - name: what the params name, where that is known.
    ///   - carrier: knows those that every request has.
    func all(for method: String, _ params: RawJSON, name: String?, by carrier: any ModernCarrier) -> AllHeaders {
        guard method == "tools/call", let name = name ?? params.member("name")?.stringValue else {
            return carrier.allHeaders(with: standard(for: method, params))
        }
        let (known, parameters) = state.withLock { state in
            let known = state.plain[name]
            return (known, known == nil ? state.tools[name] : nil)
        }
        if let known { return known }
        var headers = [(MirroredHeaders.method, method), (MirroredHeaders.name, HeaderText.encode(name))]
        guard let parameters else {
            let all = carrier.allHeaders(with: headers)
            state.withLock { state in
                if state.plain.count >= Self.maxPlain { state.plain = [:] }
                // Another list may have come by.
                if state.tools[name] == nil { state.plain[name] = all }
            }
            return all
        }
        let arguments = params.member("arguments")
        for parameter in parameters.parameters {
            guard let text = parameter.text(in: arguments) else { continue }
            headers.append((parameter.header, HeaderText.encode(text)))
        }
        return carrier.allHeaders(with: headers)
    }

    private func standard(for method: String, _ params: RawJSON) -> [(name: String, value: String)] {
        let headers = [(name: MirroredHeaders.method, value: method)]
        guard let member = MirroredHeaders.nameMember(of: method),
            let name = params.member("\(member.text)")?.stringValue
        else { return headers }
        return headers + [(MirroredHeaders.name, HeaderText.encode(name))]
    }
}
