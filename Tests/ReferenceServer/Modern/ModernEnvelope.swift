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
        for key in [MetaKey.protocolVersion, MetaKey.clientCapabilities] where meta.member(key) == nil {
            throw .badMeta("\(place(key)) is missing")
        }
        guard let version = meta.member(MetaKey.protocolVersion)?.stringValue else {
            throw .badMeta("\(place(MetaKey.protocolVersion)) must be a string")
        }
        guard let capabilities = meta.member(MetaKey.clientCapabilities), capabilities.kind == .object else {
            throw .badMeta("\(place(MetaKey.clientCapabilities)) must be an object")
        }
        if let info = meta.member(MetaKey.clientInfo), info.kind != .object {
            throw .badMeta("\(place(MetaKey.clientInfo)) must be an object")
        }
        if let named = meta.member(MetaKey.logLevel) {
            guard let level = LogLevel(rawValue: named.stringValue ?? "") else {
                throw .badMeta("\(place(MetaKey.logLevel)) must be one of \(LogLevel.words)")
            }
            logLevel = level
        } else {
            logLevel = nil
        }
        if let token = meta.member(MetaKey.progressToken), RequestID(token) == nil {
            throw .badMeta("\(place(MetaKey.progressToken)) must be a string or an integer")
        }
        self.version = version
        self.capabilities = capabilities
        clientInfo = meta.member(MetaKey.clientInfo)
        progressToken = meta.member(MetaKey.progressToken)
    }

    /// Whether a request claims to describe itself, whatever else is wrong with it.
    static func isClaimed(in params: RawJSON?) -> Bool { params?["_meta", MetaKey.protocolVersion] != nil }

    /// Whether the client has declared an extension.
    func declares(extension name: String) -> Bool { capabilities["extensions", name]?.kind == .object }
}
