import MCPProtocol

extension ServerOptions {
    static let usage = """
        usage: reference-server [OPTIONS]

        An MCP server for tests and benchmarks. Speaks on standard input and output unless --http is given.

          --http HOST:PORT       serve Streamable HTTP at /mcp; port 0 lets the system choose. Prints the URL.
          --name NAME            the name in serverInfo
          --instructions TEXT    instructions for the model
          --era ERA              legacy, modern (2026-07-28) or both, which is the default
          --revision REVISION    the newest revision to negotiate; alone, it means --era legacy
          --tools N              add N generated tools, tool_0000 and so on
          --resources N          add N generated resources
          --page-size N          items on one page of a list
          --no-session           HTTP without Mcp-Session-Id
          --json | --sse         answer HTTP requests always as JSON, or always as a stream of events
          --resumable            HTTP streams can be resumed with Last-Event-ID
          --record FILE          append every message that is sent or received, as a line of JSON

          --ttl DURATION, --public
                                 how long lists stay fresh in 2026-07-28, and that they may be shared
          --state-key TEXT       seals requestState, for several processes to read it
          --keep-alive DURATION  silence before a subscription shows that it is there

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
          --no-get               GET of /mcp is 405
          --status CODE          instead of 202, for notifications and responses (HTTP)
          --initialize-status CODE
                                 instead of the answer to initialize at /mcp
          --sse-only             serve /sse and /messages, not /mcp
          --close-sse-early      end the stream that answers a call before the answer
          --late-answers         answer cancelled calls too, and every call twice
          --string-ids           ids of the server's own requests are strings
          --echo-string-ids      ids of answers are strings, also where numbers were sent
          --ask-at-start METHOD  ask this right after notifications/initialized
          --ask-undeclared       ask also what the client has not declared
          --unknown-response     before each answer, a response nobody asked for
          --unknown-progress     before each answer, progress nobody asked for
          --flap DURATION        change the list of tools that often
          --endless-pages        every page of a list names a next one
          --repeat-cursor        every page of a list names the same next one
          --duplicate-tools      list a tool twice
          --invalid-tools        list tools that break the schema beside good ones
          --invalid-headers      list tools whose x-mcp-header breaks the rules
          --probe FAULT          answer server/discover with one of
                                 legacy-versions, foreign-versions, unsupported, unsupported-legacy,
                                 unsupported-foreign, header-mismatch, missing-capability,
                                 error=CODE[@STATUS], anonymous-error=CODE[@STATUS], status=STATUS,
                                 garbage, hang, exit
          --probe-times N        only the first N times
          --change-era-after N   after N requests, be a server of the other era
          --result-type TEXT, --no-result-type
                                 of complete results of 2026-07-28
          --refuse LISTMETHOD    answer this method with an error; may be repeated

          --help, --version
        """

    static let version = "1.0.0"

    /// - Parameter arguments: without the program's name.
    init(arguments: [String]) throws(OptionError) {
        var rest = arguments[...]
        var (namesEra, namesRevision) = (false, false)
        while let option = rest.popFirst() {
            namesEra = namesEra || option == "--era"
            namesRevision = namesRevision || option == "--revision"
            switch option {
            case "--public": isPublic = true
            case "--no-result-type": resultType = nil
            case "--invalid-headers": marksInvalidHeaders = true
            case "--no-session": usesSessions = false
            case "--json": answerFormat = .json
            case "--sse": answerFormat = .events
            case "--silent": isSilent = true
            case "--garbage-at-start": printsGarbageAtStart = true
            case "--ignore-stdin-eof": ignoresRequestsToEnd = true
            case "--resumable": hasResumableStreams = true
            case "--no-get": refusesGet = true
            case "--sse-only": servesSSEOnly = true
            case "--close-sse-early": endsStreamsEarly = true
            case "--late-answers": answersTooMuch = true
            case "--string-ids": usesStringIDs = true
            case "--echo-string-ids": echoesStringIDs = true
            case "--ask-undeclared": asksUndeclared = true
            case "--unknown-response": sendsUnknownResponses = true
            case "--unknown-progress": sendsUnknownProgress = true
            case "--endless-pages": pageFault = .endless
            case "--repeat-cursor": pageFault = .repeatedCursor
            case "--duplicate-tools": duplicatesTools = true
            case "--invalid-tools": listsInvalidTools = true
            default:
                guard let setter = Self.setters[option] else { throw OptionError("unknown option \(option)") }
                guard let value = rest.popFirst() else { throw OptionError("\(option) needs a value") }
                do { try setter(&self, value) } catch { throw OptionError("\(option) \(value): \(error)") }
            }
        }
        // What is older knows nothing of newer ones.
        if namesRevision, !namesEra { era = .legacy }
        if namesRevision, !era.hasLegacy { throw OptionError("--revision is for servers with --era legacy or both") }
    }

    private typealias Setter = @Sendable (inout ServerOptions, String) throws(OptionError) -> Void

    private static let setters: [String: Setter] = [
        "--http": { (options, value) throws(OptionError) in options.http = try hostAndPort(value) },
        "--name": { (options, value) throws(OptionError) in options.name = value },
        "--instructions": { (options, value) throws(OptionError) in options.instructions = value },
        "--era": { (options, value) throws(OptionError) in
            guard let era = Era(rawValue: value) else {
                throw OptionError("not one of \(Era.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            options.era = era
        },
        "--ttl": { (options, value) throws(OptionError) in
            options.timeToLive = Int64(try duration(value) / .milliseconds(1))
        },
        "--state-key": { (options, value) throws(OptionError) in options.stateKey = value },
        "--keep-alive": { (options, value) throws(OptionError) in options.keepAlive = try duration(value) },
        "--result-type": { (options, value) throws(OptionError) in options.resultType = value },
        "--probe": { (options, value) throws(OptionError) in
            guard let fault = ProbeFault(value) else { throw OptionError("not one of \(ProbeFault.words)") }
            options.probeFault = fault
        },
        "--probe-times": { (options, value) throws(OptionError) in
            options.faultyProbes = try count(value, 0...1_000_000)
        },
        "--change-era-after": { (options, value) throws(OptionError) in
            options.requestsBeforeEraChange = try count(value, 0...1_000_000)
        },
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
        "--resources": { (options, value) throws(OptionError) in
            options.generatedResources = try count(value, 0...100_000)
        },
        "--record": { (options, value) throws(OptionError) in options.recordPath = value },
        "--status": { (options, value) throws(OptionError) in
            options.statusOfAccepted = try count(value, 200...599)
        },
        "--initialize-status": { (options, value) throws(OptionError) in
            options.statusOfInitialize = try count(value, 400...599)
        },
        "--ask-at-start": { (options, value) throws(OptionError) in
            guard let question = Question(method: value) else {
                throw OptionError("not one of \(Question.methods.joined(separator: ", "))")
            }
            options.questionAtStart = question
        },
        "--flap": { (options, value) throws(OptionError) in
            let period = try duration(value)
            guard period > .zero else { throw OptionError("must be longer than nothing") }
            options.flapPeriod = period
        },
        "--refuse": { (options, value) throws(OptionError) in
            guard let list = ListKind.allCases.first(where: { $0.method == value }) else {
                throw OptionError("not one of \(ListKind.allCases.map(\.method).joined(separator: ", "))")
            }
            options.refusedLists.insert(list)
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
