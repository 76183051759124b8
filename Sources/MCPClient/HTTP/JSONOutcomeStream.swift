import AsyncIO
import MCPProtocol

/// A large JSON answer, passed on while it arrives: at no time more of it is held than one piece and what the HTTP
/// client buffers, so a slow reader slows the server.
actor JSONOutcomeStream: OutcomeStream {
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Known once ``open(_:prefix:id:options:loop:until:)`` has returned.
    nonisolated let member: String
    private let response: HTTPClientResponse
    private var reader: Reader
    private var share = LoopShare()

    /// Feeds the scanner and keeps what it reported.
    struct Reader {
        let id: Int64
        let maxBytes: Int
        var scanner: JSONStreamScanner
        var pieces: [ArraySlice<UInt8>] = []
        var member: String?
        var idMatches: Bool?
        var hasEnded = false
        var totalBytes = 0

        mutating func feed(_ chunk: ArraySlice<UInt8>) throws(MCPClientError) {
            totalBytes += chunk.count
            guard totalBytes <= maxBytes else {
                throw MCPClientError(
                    .tooLarge(limit: maxBytes), "the answer is longer than \(maxBytes) bytes", mayHaveExecuted: true)
            }
            var problem: String?
            do throws(JSONError) {
                try scanner.feed(chunk) { event in
                    switch event {
                    case .passingBegan(let name):
                        if member != nil { problem = "it has more than one outcome" }
                        member = name
                    case .bytes(let bytes): pieces.append(bytes)
                    case .passingEnded: hasEnded = true
                    case .member("id", let value): idMatches = RequestID(value)?.echoedInteger == id
                    case .member: break
                    }
                }
            } catch {
                problem = "\(error)"
            }
            if idMatches == false { problem = "it does not have the id of the request" }
            if let problem { throw Self.invalid(problem) }
        }

        mutating func finish() throws(MCPClientError) {
            do throws(JSONError) {
                try scanner.finish()
            } catch {
                throw Self.invalid("\(error)")
            }
            guard hasEnded, idMatches == true else { throw Self.invalid("it has no outcome or no id") }
        }

        static func invalid(_ fact: String) -> MCPClientError {
            MCPClientError(
                .protocolViolation, "the server's answer is not a JSON-RPC response: \(fact)", mayHaveExecuted: true)
        }
    }

    /// Reads on until it is known which member the answer has. When it throws, the response is the caller's to cancel.
    static func open(
        _ response: HTTPClientResponse, prefix: [UInt8], id: Int64, options: ConnectionOptions, loop: EventLoop,
        until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any OutcomeStream {
        var reader = Reader(
            id: id, maxBytes: options.maxResultBytes,
            scanner: JSONStreamScanner(
                passing: ["result", "error"],
                limits: JSONLimits(maxBytes: options.maxResultBytes, maxDepth: options.maxJSONDepth)))
        try reader.feed(prefix[...])
        while reader.member == nil {
            guard let chunk = try await Self.chunk(of: response, until: deadline) else {
                throw Reader.invalid("it has no outcome")
            }
            try reader.feed(chunk[...])
        }
        return JSONOutcomeStream(response, reader: reader, member: reader.member ?? "result", loop: loop)
    }

    private init(_ response: HTTPClientResponse, reader: Reader, member: String, loop: EventLoop) {
        self.response = response
        self.reader = reader
        self.member = member
        self.loop = loop
    }

    static func chunk(
        of response: HTTPClientResponse, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> [UInt8]? {
        do throws(HTTPClientError) {
            return try await response.nextChunk(until: deadline)
        } catch {
            throw MCPClientError(error)
        }
    }

    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ArraySlice<UInt8>? {
        do throws(MCPClientError) {
            while reader.pieces.isEmpty {
                guard let chunk = try await Self.chunk(of: response, until: deadline) else {
                    try reader.finish()
                    return nil
                }
                try reader.feed(chunk[...])
                if share.isUsedUp(by: chunk.count) { await loop.giveWay() }
            }
            return reader.pieces.removeFirst()
        } catch {
            response.cancel()
            throw error
        }
    }

    func cancel() {
        let response = self.response
        response.cancel()
    }
}
