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
    /// The sender's progress token, as it wrote it; `nil` if it wants no progress.
    package let progressToken: RawJSON?

    /// The version claimed in a request's params; `nil` for requests of the revisions with a handshake.
    package static func claim(in params: RawJSON?) -> RawJSON? {
        params?.member("_meta")?.member(MetaKey.protocolVersion)
    }

    /// - Throws: what is missing or malformed, for an error -32602.
    /// - Complexity: one scan of the params, and one of their `_meta`.
    package init(params: RawJSON?) throws(MessageError) {
        var meta: RawJSON?
        var isRepeated = false
        params?.forEachMember { key, value in
            guard key == "_meta" else { return true }
            isRepeated = meta != nil
            meta = value
            return !isRepeated
        }
        if isRepeated { throw MessageError(path: "params._meta", fact: "appears more than once") }
        try self.init(meta: meta)
    }

    /// - Parameter meta: the `_meta` of a request's params, where it has been found already.
    /// - Throws: what is missing or malformed, for an error -32602.
    package init(meta: RawJSON?) throws(MessageError) {
        guard let meta, meta.kind == .object else {
            throw MessageError(
                path: "params._meta",
                fact: "must be an object with \"\(MetaKey.protocolVersion)\" and \"\(MetaKey.clientCapabilities)\"")
        }
        let members = try Members(meta)
        guard let version = members.version?.stringValue else {
            throw Self.error(MetaKey.protocolVersion, "must be a string")
        }
        guard let capabilities = members.capabilities, capabilities.kind == .object else {
            throw Self.error(MetaKey.clientCapabilities, "must be an object, which may be empty")
        }
        if let level = members.level, level.kind != .string { throw Self.error(MetaKey.logLevel, "must be a string") }
        if let info = members.info, info.kind != .object { throw Self.error(MetaKey.clientInfo, "must be an object") }
        protocolVersion = version
        clientCapabilities = capabilities
        clientInfo = members.info
        logLevel = members.level?.stringValue
        progressToken = members.token.flatMap { $0.kind == .string || $0.kind == .number ? $0 : nil }
    }

    private static func error(_ key: String, _ fact: String) -> MessageError {
        MessageError(path: "params._meta[\"\(key)\"]", fact: fact)
    }

    /// What is looked at, found in one scan.
    private struct Members {
        private(set) var version, capabilities, info, level: RawJSON?
        /// The last, where there are several: as ``RawJSON/member(_:)`` has it.
        private(set) var token: RawJSON?

        /// - Throws: when one of them is there twice: two readers could take it for two requests.
        init(_ meta: RawJSON) throws(MessageError) {
            var (version, capabilities, info, level): (Range<Int>?, Range<Int>?, Range<Int>?, Range<Int>?)
            var token: Range<Int>?
            var repeated: String?
            meta.bytes.withUnsafeBufferPointer { buffer in
                guard var scanner = JSONScanner(buffer) else { return }
                scanner.enterContainer()
                while let member = scanner.nextMember() {
                    func note(_ range: inout Range<Int>?, _ name: String) {
                        if range != nil { repeated = name }
                        range = member.value
                    }
                    func isKey(_ name: String) -> Bool {
                        guard member.keyIsEscaped || member.key.count == name.utf8.count else { return false }
                        var name = name
                        return name.withUTF8 { scanner.key(of: member, is: $0) }
                    }
                    if isKey(MetaKey.protocolVersion) {
                        note(&version, MetaKey.protocolVersion)
                    } else if isKey(MetaKey.clientCapabilities) {
                        note(&capabilities, MetaKey.clientCapabilities)
                    } else if isKey(MetaKey.clientInfo) {
                        note(&info, MetaKey.clientInfo)
                    } else if isKey(MetaKey.logLevel) {
                        note(&level, MetaKey.logLevel)
                    } else if isKey(MetaKey.progressToken) {
                        token = member.value
                    }
                }
            }
            if let repeated { throw RequestMeta.error(repeated, "appears more than once") }
            self.version = version.map(meta.value(at:))
            self.capabilities = capabilities.map(meta.value(at:))
            self.info = info.map(meta.value(at:))
            self.level = level.map(meta.value(at:))
            self.token = token.map(meta.value(at:))
        }
    }
}

extension RawJSON {
    private static let metaMember = ["_meta"]
    private static let selfDescription = ["_meta", "inputResponses", "requestState"]

    /// These params with the `_meta` that a request to a server of 2026-07-28 carries. What concerns another hop goes,
    /// other members of `_meta` stay.
    ///
    /// - Parameters:
    ///   - capabilities: of the client the request is made for, an object.
    ///   - clientInfo: an object.
    ///   - logLevel: `nil` asks for no log messages.
    /// - Complexity: one scan and one copy.
    package func requestParams(
        capabilities: RawJSON, clientInfo: RawJSON, logLevel: String?,
        revision: ProtocolRevision = .v2026_07_28
    ) -> RawJSON {
        var editor = ObjectEditor(self, Self.metaMember)
        var meta = ObjectEditor(
            editor[0].flatMap { $0.kind == .object ? $0 : nil } ?? .emptyObject, MetaKey.envelope)
        for key in MetaKey.envelope.indices { meta.remove(key) }
        meta.set(0, to: JSONWriter.quote(revision.rawValue))
        meta.set(1, to: capabilities.bytes)
        meta.set(2, to: clientInfo.bytes)
        if let logLevel { meta.set(3, to: JSONWriter.quote(logLevel)) }
        editor.set(0, to: meta.finish().bytes)
        return editor.finish()
    }

    /// These params, or this result, without what `_meta` says of the hop it came over; a `_meta` that is left with
    /// nothing goes, too.
    package var withoutEnvelope: RawJSON {
        var editor = ObjectEditor(self, Self.metaMember)
        editor.removeEnvelope(from: 0)
        return editor.finish()
    }

    /// These params as a server with a handshake takes them: without what a client of 2026-07-28 says of itself, and
    /// without answers to questions that such a server asks otherwise.
    package var withoutSelfDescription: RawJSON {
        var editor = ObjectEditor(self, Self.selfDescription)
        editor.removeEnvelope(from: 0)
        editor.remove(1)
        editor.remove(2)
        return editor.finish()
    }
}
