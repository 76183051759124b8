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
    /// What the request has in common with the others of one run or conversation of its client, so that they are taken
    /// for one client's; `nil`: nothing tells it from requests of others that declare the same.
    package let affinity: String?

    /// Of ``affinity``: enough for any id, and little beside a request.
    package static let maxAffinityBytes = 128

    /// The version claimed in a request's params; `nil` for requests of the revisions with a handshake.
    package static func claim(in params: RawJSON?) -> RawJSON? { RequestMembers(params).meta?.version }

    package init(params: RawJSON?) throws(MessageError) { try self.init(RequestMembers(params)) }

    /// - Throws: what is missing or malformed, for an error -32602.
    package init(_ request: RequestMembers) throws(MessageError) {
        try request.refuseRepeated(.meta)
        guard let members = request.meta else {
            throw MessageError(
                path: "params._meta",
                fact: "must be an object with \"\(MetaKey.protocolVersion)\" and \"\(MetaKey.clientCapabilities)\"")
        }
        try self.init(members)
    }

    /// ``init(_:)-(RequestMembers)`` for a `_meta` that is there once.
    package init(_ members: Members) throws(MessageError) {
        if let repeated = members.repeated { throw Self.error(repeated, "appears more than once") }
        guard let version = members.version?.stringValue else {
            throw Self.error(MetaKey.protocolVersion, "must be a string")
        }
        guard let capabilities = members.capabilities, capabilities.kind == .object else {
            throw Self.error(MetaKey.clientCapabilities, "must be an object, which may be empty")
        }
        if let level = members.level, level.kind != .string { throw Self.error(MetaKey.logLevel, "must be a string") }
        if let info = members.info, info.kind != .object { throw Self.error(MetaKey.clientInfo, "must be an object") }
        if let affinity = members.affinity {
            let count = affinity.stringValue?.utf8.count
            guard let count, 1...Self.maxAffinityBytes ~= count else {
                throw Self.error(
                    MetaKey.affinity,
                    "must be a string of 1 to \(Self.maxAffinityBytes) bytes" + (count.map { "; it has \($0)" } ?? ""))
            }
        }
        protocolVersion = version
        clientCapabilities = capabilities
        clientInfo = members.info
        logLevel = members.level?.stringValue
        progressToken = members.progressToken
        affinity = members.affinity?.stringValue
    }

    private static func error(_ key: String, _ fact: String) -> MessageError {
        MessageError(path: "params._meta[\"\(key)\"]", fact: fact)
    }

    /// What is looked at in a `_meta`, found in one scan.
    package struct Members: Sendable {
        private struct Found {
            var version, capabilities, info, level, token, affinity: Range<Int>?
            var repeated: String?
            var count = 0
            var others = 0
        }

        private let meta: RawJSON
        private let found: Found

        /// - Parameter meta: an object.
        init(_ meta: RawJSON) {
            self.meta = meta
            found = meta.bytes.withUnsafeBufferPointer { buffer in
                var found = Found()
                guard var scanner = JSONScanner(buffer) else { return found }
                scanner.enterContainer()
                while let member = scanner.nextMember() {
                    found.count += 1
                    func isKey(_ name: String) -> Bool {
                        var name = name
                        return name.withUTF8 { scanner.key(of: member, is: $0) }
                    }
                    func note(_ place: inout Range<Int>?, _ name: String, _ repeated: inout String?) -> Bool {
                        guard isKey(name) else { return false }
                        if place != nil { repeated = name }
                        place = member.value
                        return true
                    }
                    // The lengths tell them apart; behind an escape they say nothing.
                    let length = member.keyIsEscaped ? nil : member.key.count
                    if length ?? 39 == 39, note(&found.version, MetaKey.protocolVersion, &found.repeated) { continue }
                    if length ?? 42 == 42, note(&found.capabilities, MetaKey.clientCapabilities, &found.repeated) {
                        continue
                    }
                    if length ?? 34 == 34, note(&found.info, MetaKey.clientInfo, &found.repeated) { continue }
                    if length ?? 32 == 32, note(&found.level, MetaKey.logLevel, &found.repeated) { continue }
                    if length ?? 20 == 20, note(&found.affinity, MetaKey.affinity, &found.repeated) { continue }
                    if length ?? 13 == 13, isKey(MetaKey.progressToken) {
                        found.token = member.value
                    } else {
                        found.others += 1
                    }
                }
                return found
            }
        }

        private init(_ meta: RawJSON, _ found: Found) {
            self.meta = meta
            self.found = found
        }

        /// Those of a `_meta` that is this one to the letter.
        func moved(to meta: RawJSON) -> Members { Members(meta, found) }

        /// The same in memory of their own, to be kept for longer than the message they came in.
        package func detached() -> Members { moved(to: meta.detached()) }

        /// The whole.
        package var text: RawJSON { meta }
        package var version: RawJSON? { value(found.version) }
        /// Whether the request describes itself.
        package var hasVersion: Bool { found.version != nil }
        var capabilities: RawJSON? { value(found.capabilities) }
        var info: RawJSON? { value(found.info) }
        var level: RawJSON? { value(found.level) }
        var affinity: RawJSON? { value(found.affinity) }
        /// Of several the last.
        package var progressToken: RawJSON? {
            guard let token = value(found.token), token.kind == .string || token.kind == .number else { return nil }
            return token
        }

        @inline(__always)
        private func value(_ place: Range<Int>?) -> RawJSON? {
            guard let place else { return nil }
            return meta.value(at: place)
        }

        /// One of these, but not the token, that is there twice: two readers could take the request for two.
        var repeated: String? { found.repeated }
        /// Whether they say nothing of the one request, so that many may say the same.
        package var isOfClientAlone: Bool { found.token == nil && found.others == 0 }
        /// Whether there is anything that the next hop has to hear: a request that describes itself does so on each hop
        /// anew, and tokens are of one hop.
        var hasOthers: Bool {
            let ofHop = found.version != nil ? found.count - found.others : found.token != nil ? 1 : 0
            return found.count > ofHop
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
    ///   - affinity: see ``RequestMeta/affinity``; for a server that is a gateway of ours.
    /// - Complexity: one scan and one copy.
    package func requestParams(
        capabilities: RawJSON, clientInfo: RawJSON, logLevel: String?, affinity: String? = nil,
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
        if let affinity { meta.set(6, to: JSONWriter.quote(affinity)) }
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
