import MCPProtocol

/// What servers in the wild answer to `server/discover` instead of a result: those that do not know it, and those that
/// are reached through something that does not.
enum ProbeFault: Sendable {
    /// A result that lists these versions only.
    case versions([String])
    /// A JSON-RPC error.
    case error(code: Int, status: Int, data: JSONValue?, hasID: Bool)
    /// HTTP: a status without a body. On standard output there is no such thing, and nothing is answered.
    case status(Int)
    /// What is no message.
    case garbage
    case hang
    /// The process ends.
    case exit

    static let words =
        "legacy-versions, foreign-versions, unsupported, unsupported-legacy, unsupported-foreign, header-mismatch, "
        + "missing-capability, error=CODE[@STATUS], anonymous-error=CODE[@STATUS], status=STATUS, garbage, hang, exit"

    /// - Returns: `nil` if the text is none of ``words``.
    init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("legacy-versions", 1): self = .versions(Self.legacy)
        case ("foreign-versions", 1): self = .versions(Self.foreign)
        case ("unsupported", 1): self = Self.unsupported([ProtocolRevision.v2026_07_28.rawValue])
        case ("unsupported-legacy", 1): self = Self.unsupported(Self.legacy)
        case ("unsupported-foreign", 1): self = Self.unsupported(Self.foreign)
        case ("header-mismatch", 1):
            self = .error(code: ErrorCode.headerMismatch, status: 400, data: nil, hasID: true)
        case ("missing-capability", 1):
            self = .error(
                code: ErrorCode.missingRequiredClientCapability, status: 400,
                data: ["requiredCapabilities": ["sampling": [:]]], hasID: true)
        case ("garbage", 1): self = .garbage
        case ("hang", 1): self = .hang
        case ("exit", 1): self = .exit
        case ("status", 2):
            guard let status = Self.status(parts[1][...]) else { return nil }
            self = .status(status)
        case ("error", 2), ("anonymous-error", 2):
            let numbers = parts[1].split(separator: "@", omittingEmptySubsequences: false)
            guard let code = numbers.first.flatMap({ Int($0) }), numbers.count <= 2 else { return nil }
            var status = 200
            if numbers.count == 2 {
                guard let given = Self.status(numbers[1]) else { return nil }
                status = given
            }
            self = .error(code: code, status: status, data: nil, hasID: parts[0] == "error")
        default: return nil
        }
    }

    private static let legacy = ProtocolRevision.legacy.reversed().map(\.rawValue)
    private static let foreign = ["2031-01-01"]

    private static func unsupported(_ versions: [String]) -> ProbeFault {
        .error(
            code: ErrorCode.unsupportedProtocolVersion, status: 400,
            data: [
                "supported": .array(versions.map(JSONValue.string)),
                "requested": .string(ProtocolRevision.v2026_07_28.rawValue),
            ], hasID: true)
    }

    private static func status(_ text: Substring) -> Int? {
        guard let status = Int(text), 200...599 ~= status else { return nil }
        return status
    }

    /// The message that answers a probe; `nil` for what is no message.
    func answer(to id: RequestID, serverName: String) -> OutgoingMessage? {
        switch self {
        case .versions(let versions):
            let result: JSONValue = [
                "resultType": "complete", "supportedVersions": .array(versions.map(JSONValue.string)),
                "capabilities": ["tools": [:]], "ttlMs": 0, "cacheScope": "private",
                "_meta": .object([
                    MetaKey.serverInfo: ["name": .string(serverName), "version": .string(ServerOptions.version)]
                ]),
            ]
            return OutgoingMessage(JSONRPC.response(id: id, result: result.serialized()))
        case .error(let code, let status, let data, let hasID):
            let error = JSONRPCError(code: code, message: "server/discover is refused as asked", data: data?.raw)
            var message = OutgoingMessage(JSONRPC.error(id: hasID ? id : nil, error))
            message.status = status
            return message
        case .status, .garbage, .hang, .exit: return nil
        }
    }
}
