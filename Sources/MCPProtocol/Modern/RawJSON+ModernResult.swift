/// Results of the revisions with a `resultType`.
extension RawJSON {
    private static let complete = Array(#""complete""#.utf8)
    private static let completed = ["resultType", "_meta"]
    private static let identity = [MetaKey.serverInfo]
    private static let hints = ["ttlMs", "cacheScope"]
    private static let modernMembers = ["resultType", "ttlMs", "cacheScope", "_meta"]

    /// This result as an answer of 2026-07-28 from the server named here: with `resultType`, unless it says one, and the
    /// server's identity in `_meta`.
    ///
    /// - Parameter serverInfo: an object.
    /// - Complexity: one scan and one copy.
    package func completeResult(serverInfo: [UInt8]) -> RawJSON {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + serverInfo.count + 96)
        appendCompleteResult(serverInfo, to: &output)
        return RawJSON(unchecked: output[...])
    }

    /// The whole answer with this result as ``completeResult(serverInfo:)`` makes it.
    package func completeResponse(to id: RequestID, serverInfo: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + serverInfo.count + 160)
        JSONRPC.beginResponse(to: id, &output)
        appendCompleteResult(serverInfo, to: &output)
        output.append(.closeBrace)
        return output
    }

    private func appendCompleteResult(_ serverInfo: [UInt8], to output: inout [UInt8]) {
        if !appendPlainlyCompleted(serverInfo, to: &output) {
            output.append(contentsOf: thoroughlyCompleted(serverInfo).bytes)
        }
    }

    private func thoroughlyCompleted(_ serverInfo: [UInt8]) -> RawJSON {
        var editor = ObjectEditor(self, Self.completed)
        if editor[0] == nil { editor.set(0, to: Self.complete) }
        var meta = ObjectEditor(editor[1].flatMap { $0.kind == .object ? $0 : nil } ?? .emptyObject, Self.identity)
        meta.set(0, to: serverInfo)
        editor.set(1, to: meta.finish().bytes)
        return editor.finish()
    }

    /// The same for a result as nearly all are, found out on the way: without a `_meta`, or with one that has the server's
    /// own identity only.
    ///
    /// - Returns: `false`, and nothing is appended, for others.
    private func appendPlainlyCompleted(_ serverInfo: [UInt8], to output: inout [UInt8]) -> Bool {
        guard kind == .object else { return false }
        return bytes.withUnsafeBufferPointer { buffer in
            guard var scanner = JSONScanner(buffer) else { return false }
            scanner.enterContainer()
            var (type, meta): (Range<Int>?, Range<Int>?)
            var isEmpty = true
            while let member = scanner.nextMember() {
                isEmpty = false
                if scanner.key(of: member, is: "resultType") {
                    guard type == nil else { return false }
                    type = member.value
                } else if scanner.key(of: member, is: "_meta") {
                    guard meta == nil else { return false }
                    meta = member.value
                }
            }
            var identity: Range<Int>?
            if let meta {
                guard let own = value(at: meta).identityAlone else { return false }
                identity = (meta.lowerBound + own.lowerBound)..<(meta.lowerBound + own.upperBound)
            }
            if let identity {
                output.append(contentsOf: buffer[..<identity.lowerBound])
                output.append(contentsOf: serverInfo)
                output.append(contentsOf: buffer[identity.upperBound..<(buffer.count - 1)])
            } else {
                output.append(contentsOf: buffer[..<(buffer.count - 1)])
            }
            if type == nil {
                if !isEmpty { output.append(.comma) }
                output.append(contentsOf: Self.completeMember)
                isEmpty = false
            }
            if identity == nil {
                if !isEmpty { output.append(.comma) }
                output.append(contentsOf: Self.identityStart)
                output.append(contentsOf: serverInfo)
                output.append(.closeBrace)
            }
            output.append(.closeBrace)
            return true
        }
    }

    private static let completeMember = Array(#""resultType":"complete""#.utf8)
    private static let identityStart = Array(#""_meta":{"\#(MetaKey.serverInfo)":"#.utf8)

    /// Where the identity of who made the result stands in this `_meta`, if there is nothing else in it; offsets from its
    /// first byte.
    fileprivate var identityAlone: Range<Int>? {
        guard kind == .object else { return nil }
        return bytes.withUnsafeBufferPointer { buffer in
            guard var scanner = JSONScanner(buffer) else { return nil }
            scanner.enterContainer()
            guard let member = scanner.nextMember(), scanner.key(of: member, is: "io.modelcontextprotocol/serverInfo"),
                scanner.nextMember() == nil
            else { return nil }
            return member.value
        }
    }

    /// This list or read result with caching hints, unless it has its own.
    ///
    /// - Parameter ttlMilliseconds: how long it stays fresh.
    package func hinted(ttlMilliseconds: Int64, isPublic: Bool) -> RawJSON {
        var editor = ObjectEditor(self, Self.hints)
        if editor[0] == nil { editor.set(0, to: Array("\(max(0, ttlMilliseconds))".utf8)) }
        if editor[1] == nil { editor.set(1, to: JSONWriter.quote(isPublic ? "public" : "private")) }
        return editor.finish()
    }

    /// This result of 2026-07-28 without what older revisions do not have in any result.
    package var withoutModernMembers: RawJSON {
        var editor = ObjectEditor(self, Self.modernMembers)
        for name in 0..<3 { editor.remove(name) }
        editor.removeEnvelope(from: 3)
        return editor.finish()
    }
}

extension ObjectEditor {
    /// Takes out of a `_meta` what concerns one hop only; one that is left with nothing goes.
    ///
    /// - Parameter keys: ``MetaKey/envelope``, and what else goes.
    mutating func removeEnvelope(from name: Int, _ keys: [String] = MetaKey.envelope) {
        guard let value = self[name], value.kind == .object else { return }
        // So it is in nearly all results.
        guard value.identityAlone == nil else { return remove(name) }
        var meta = ObjectEditor(value, keys)
        guard meta.hasAny else { return }
        guard meta.hasOthers else { return remove(name) }
        for key in keys.indices { meta.remove(key) }
        set(name, to: meta.finish().bytes)
    }
}

extension RawJSON {
    /// The result of a tool that could not do its work, in words for the model.
    package static func toolError(_ words: String) -> RawJSON {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("content")
        writer.beginArray()
        writer.beginObject()
        writer.key("type")
        writer.string("text")
        writer.key("text")
        writer.string(words)
        writer.endObject()
        writer.endArray()
        writer.key("isError")
        writer.bool(true)
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }
}
