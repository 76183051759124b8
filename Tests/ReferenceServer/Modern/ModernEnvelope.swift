import MCPProtocol

/// What a request of 2026-07-28 says of itself in `_meta` (Base Protocol, "`_meta`").
struct ModernEnvelope: Sendable {
    /// As written.
    let version: String
    let capabilities: RawJSON
    let clientInfo: RawJSON?
    /// `nil`: the client wants no log messages.
    let logLevel: LogLevel?
    let progressToken: RawJSON?

    init(_ params: RawJSON?) throws(ModernRefusal) {
        guard let meta = params?.member("_meta") else { throw .badMeta("params._meta is missing") }
        guard meta.kind == .object else { throw .badMeta("params._meta must be an object") }
        func place(_ key: String) -> String { "params._meta[\"\(key)\"]" }
        let (given, declared, info) = meta.members(
            MetaKey.protocolVersion, MetaKey.clientCapabilities, MetaKey.clientInfo)
        let (level, token) = meta.members(MetaKey.logLevel, MetaKey.progressToken)
        guard let given else { throw .badMeta("\(place(MetaKey.protocolVersion)) is missing") }
        guard let capabilities = declared else { throw .badMeta("\(place(MetaKey.clientCapabilities)) is missing") }
        guard let version = given.stringValue else {
            throw .badMeta("\(place(MetaKey.protocolVersion)) must be a string")
        }
        guard capabilities.kind == .object else {
            throw .badMeta("\(place(MetaKey.clientCapabilities)) must be an object")
        }
        if let info, info.kind != .object {
            throw .badMeta("\(place(MetaKey.clientInfo)) must be an object")
        }
        if let named = level {
            guard let level = LogLevel(rawValue: named.stringValue ?? "") else {
                throw .badMeta("\(place(MetaKey.logLevel)) must be one of \(LogLevel.words)")
            }
            logLevel = level
        } else {
            logLevel = nil
        }
        if let token, RequestID(token) == nil {
            throw .badMeta("\(place(MetaKey.progressToken)) must be a string or an integer")
        }
        self.version = version
        self.capabilities = capabilities
        clientInfo = info
        progressToken = token
    }

    /// Whether a request claims to describe itself, whatever else is wrong with it.
    static func isClaimed(in params: RawJSON?) -> Bool { params?["_meta", MetaKey.protocolVersion] != nil }

    /// Whether the client has declared an extension.
    func declares(extension name: String) -> Bool { capabilities["extensions", name]?.kind == .object }
}
