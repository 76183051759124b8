import MCPProtocol

extension ServerOptions {
    static let usage = """
        usage: reference-server [OPTIONS]

        An MCP server for tests and benchmarks. Speaks on standard input and output unless --http is given.

          --http HOST:PORT       serve Streamable HTTP at /mcp; port 0 lets the system choose. Prints the URL.
          --name NAME            the name in serverInfo
          --instructions TEXT    instructions for the model
          --revision REVISION    the newest protocol revision to negotiate
          --tools N              add N generated tools, tool_0000 and so on
          --page-size N          tools on one page of tools/list
          --no-session           HTTP without Mcp-Session-Id
          --json | --sse         answer HTTP requests always as JSON, or always as a stream of events

        Slowness (durations such as 200ms, 2s, 1m; a bare number is milliseconds):
          --start-delay DURATION before the answer to initialize
          --list-delay DURATION  before the answer to tools/list
          --latency DURATION     before the answer to each call

        Misbehaviour:
          --exit-at-start CODE   end at once with this code
          --silent               read everything, answer nothing
          --garbage-at-start     print lines that are not JSON before anything else (stdio)
          --long-line BYTES      print a line of that many bytes before the first call's answer (stdio)
          --ignore-stdin-eof     survive the end of standard input, and SIGTERM

          --help, --version
        """

    static let version = "1.0.0"

    /// - Parameter arguments: without the program's name.
    init(arguments: [String]) throws(OptionError) {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            switch option {
            case "--no-session": usesSessions = false
            case "--json": answerFormat = .json
            case "--sse": answerFormat = .events
            case "--silent": isSilent = true
            case "--garbage-at-start": printsGarbageAtStart = true
            case "--ignore-stdin-eof": ignoresRequestsToEnd = true
            default:
                guard let setter = Self.setters[option] else { throw OptionError("unknown option \(option)") }
                guard let value = rest.popFirst() else { throw OptionError("\(option) needs a value") }
                do { try setter(&self, value) } catch { throw OptionError("\(option) \(value): \(error)") }
            }
        }
    }

    private typealias Setter = @Sendable (inout ServerOptions, String) throws(OptionError) -> Void

    private static let setters: [String: Setter] = [
        "--http": { (options, value) throws(OptionError) in options.http = try hostAndPort(value) },
        "--name": { (options, value) throws(OptionError) in options.name = value },
        "--instructions": { (options, value) throws(OptionError) in options.instructions = value },
        "--revision": { (options, value) throws(OptionError) in
            guard let revision = ProtocolRevision(rawValue: value), ProtocolRevision.legacy.contains(revision) else {
                let known = ProtocolRevision.legacy.map(\.rawValue).joined(separator: ", ")
                throw OptionError("not one of \(known)")
            }
            options.newestRevision = revision
        },
        "--tools": { (options, value) throws(OptionError) in options.generatedTools = try count(value, 0...100_000) },
        "--page-size": { (options, value) throws(OptionError) in options.pageSize = try count(value, 1...100_000) },
        "--start-delay": { (options, value) throws(OptionError) in options.startDelay = try duration(value) },
        "--list-delay": { (options, value) throws(OptionError) in options.listDelay = try duration(value) },
        "--latency": { (options, value) throws(OptionError) in options.latency = try duration(value) },
        "--exit-at-start": { (options, value) throws(OptionError) in
            options.exitCodeAtStart = Int32(try count(value, 0...255))
        },
        "--long-line": { (options, value) throws(OptionError) in
            options.longLineBytes = try count(value, 1...(1 << 30))
        },
    ]

    private static func count(_ text: String, _ range: ClosedRange<Int>) throws(OptionError) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw OptionError("not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func duration(_ text: String) throws(OptionError) -> Duration {
        let digits = text.prefix { $0.isNumber }
        guard let value = Int(digits), value <= 86_400_000 else {
            throw OptionError("not a duration such as 200ms, 2s or 1m, of at most a day")
        }
        switch text.dropFirst(digits.count) {
        case "", "ms": return .milliseconds(value)
        case "s" where value <= 86_400: return .seconds(value)
        case "m" where value <= 1440: return .seconds(value * 60)
        default: throw OptionError("not a duration such as 200ms, 2s or 1m, of at most a day")
        }
    }

    private static func hostAndPort(_ text: String) throws(OptionError) -> (host: String, port: UInt16) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw OptionError("not HOST:PORT")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw OptionError("no host") }
        return (String(host), port)
    }
}
