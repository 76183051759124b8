/// What a request of a revision without a handshake says of itself and of its sender: MCP 2026-07-28, Base Protocol,
/// "`_meta`".
package struct RequestMeta: Sendable {
    /// As written: it need not be a revision we know.
    package let protocolVersion: String
    /// An object.
    package let clientCapabilities: RawJSON
    /// As the client wrote it; `nil` if it keeps that to itself.
    package let clientInfo: RawJSON?
    /// As written: it need not be a level.
    package let logLevel: String?

    /// The version claimed in a request's params; `nil` for requests of the revisions with a handshake.
    package static func claim(in params: RawJSON?) -> RawJSON? {
        params?.member("_meta")?.member(MetaKey.protocolVersion)
    }

    /// - Throws: what is missing or malformed, for an error -32602.
    package init(params: RawJSON?) throws(MessageError) {
        guard let meta = params?.member("_meta"), meta.kind == .object else {
            throw MessageError(
                path: "params._meta",
                fact: "must be an object with \"\(MetaKey.protocolVersion)\" and \"\(MetaKey.clientCapabilities)\"")
        }
        if let duplicate = meta.duplicatedMember(of: MetaKey.envelope) {
            throw MessageError(path: "params._meta[\"\(duplicate)\"]", fact: "appears more than once")
        }
        var (version, capabilities, info, level): (RawJSON?, RawJSON?, RawJSON?, RawJSON?)
        meta.forEachMember { key, value in
            if key.matches(MetaKey.protocolVersion) {
                version = value
            } else if key.matches(MetaKey.clientCapabilities) {
                capabilities = value
            } else if key.matches(MetaKey.clientInfo) {
                info = value
            } else if key.matches(MetaKey.logLevel) {
                level = value
            }
            return true
        }
        guard let version = version?.stringValue else {
            throw MessageError(path: "params._meta[\"\(MetaKey.protocolVersion)\"]", fact: "must be a string")
        }
        guard let capabilities, capabilities.kind == .object else {
            throw MessageError(
                path: "params._meta[\"\(MetaKey.clientCapabilities)\"]", fact: "must be an object, which may be empty")
        }
        if let level, level.kind != .string {
            throw MessageError(path: "params._meta[\"\(MetaKey.logLevel)\"]", fact: "must be a string")
        }
        if let info, info.kind != .object {
            throw MessageError(path: "params._meta[\"\(MetaKey.clientInfo)\"]", fact: "must be an object")
        }
        protocolVersion = version
        clientCapabilities = capabilities
        clientInfo = info
        logLevel = level?.stringValue
    }
}

extension RawJSON {
    /// These params with the `_meta` that a request to a server of 2026-07-28 carries; other members of `_meta` stay.
    ///
    /// - Parameters:
    ///   - capabilities: of the client the request is made for, an object.
    ///   - clientInfo: an object.
    ///   - logLevel: `nil` asks for no log messages.
    package func requestParams(
        capabilities: RawJSON, clientInfo: RawJSON, logLevel: String?,
        revision: ProtocolRevision = .v2026_07_28
    ) -> RawJSON {
        replacing([
            (["_meta", MetaKey.protocolVersion], JSONWriter.quote(revision.rawValue)),
            (["_meta", MetaKey.clientCapabilities], Array(capabilities.bytes)),
            (["_meta", MetaKey.clientInfo], Array(clientInfo.bytes)),
            (["_meta", MetaKey.logLevel], logLevel.map { JSONWriter.quote($0) }),
        ])
    }

    /// These params, or this result, without what `_meta` says of the hop it came over; an empty `_meta` goes, too.
    package var withoutEnvelope: RawJSON {
        guard let meta = member("_meta"), meta.kind == .object else { return self }
        let changes = MetaKey.envelope.map { (name: $0, value: [UInt8]?.none) }
        let rest = RawJSON(unchecked: meta.replacingMembers(changes)[...])
        var isEmpty = true
        rest.forEachMember { _, _ in
            isEmpty = false
            return false
        }
        return replacing([(["_meta"], isEmpty ? nil : Array(rest.bytes))])
    }

    /// These params as a server with a handshake takes them: without what a client of 2026-07-28 says of itself, and
    /// without answers to questions that such a server asks otherwise.
    package var withoutSelfDescription: RawJSON {
        let stripped = withoutEnvelope
        let (responses, state) = stripped.members("inputResponses", "requestState")
        guard responses != nil || state != nil else { return stripped }
        return stripped.replacing([(["inputResponses"], nil), (["requestState"], nil)])
    }
}
