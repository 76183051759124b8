/// The members of a message that JSON-RPC gives a meaning to, found in one pass.
struct JSONRPCEnvelope {
    private let bytes: ArraySlice<UInt8>
    private let ranges: Ranges

    var version: RawJSON? { value(ranges.version) }
    var id: RawJSON? { value(ranges.id) }
    var method: RawJSON? { value(ranges.method) }
    var params: RawJSON? { value(ranges.params) }
    var result: RawJSON? { value(ranges.result) }
    var error: RawJSON? { value(ranges.error) }
    var hasOutcome: Bool { ranges.result != nil || ranges.error != nil }
    /// The first of these members to appear a second time.
    var duplicate: StaticString? { ranges.duplicate }

    @inline(__always)
    private func value(_ range: Range<Int>?) -> RawJSON? {
        guard let range else { return nil }
        let start = bytes.startIndex
        return RawJSON(unchecked: bytes[(start &+ range.lowerBound)..<(start &+ range.upperBound)])
    }

    /// Reads an object that has been validated.
    init(_ object: RawJSON) {
        bytes = object.bytes
        ranges = object.bytes.withUnsafeBufferPointer { buffer -> Ranges in
            var ranges = Ranges()
            guard var scanner = JSONScanner(buffer) else { return ranges }
            scanner.enterContainer()
            while let member = scanner.nextMember() { ranges.note(member, scanner) }
            return ranges
        }
    }

    /// Validates a text whose first byte besides white space is an opening brace, and notes the members on the way.
    init(validating text: ArraySlice<UInt8>, limits: JSONLimits) throws(JSONError) {
        bytes = text
        ranges = try text.withUnsafeBufferPointer { (buffer) throws(JSONError) -> Ranges in
            guard var scanner = JSONScanner(buffer) else { throw JSONError(.unexpectedEnd, offset: 0) }
            return try Self.validate(&scanner, limits)
        }
    }

    private static func validate(_ scanner: inout JSONScanner, _ limits: JSONLimits) throws(JSONError) -> Ranges {
        var ranges = Ranges()
        scanner.skipWhiteSpace()
        guard limits.maxDepth > 0 else {
            throw JSONError(.tooDeep(limit: limits.maxDepth), offset: scanner.position)
        }
        scanner.enterContainer()
        scanner.skipWhiteSpace()
        if scanner.position < scanner.end, scanner.base[scanner.position] == .closeBrace {
            scanner.position += 1
            try scanner.expectEnd()
            return ranges
        }
        while true {
            let key = try scanner.validateKey()
            scanner.skipWhiteSpace()
            let start = scanner.position
            try scanner.validateValue(outerDepth: 1, maxDepth: limits.maxDepth)
            ranges.note(
                JSONMemberRange(key: key.range, keyIsEscaped: key.isEscaped, value: start..<scanner.position), scanner)
            scanner.skipWhiteSpace()
            guard scanner.position < scanner.end else {
                throw JSONError(.unexpectedEnd, offset: scanner.position)
            }
            let byte = scanner.base[scanner.position]
            guard byte == .comma || byte == .closeBrace else {
                throw JSONError(.unexpectedByte(byte), offset: scanner.position)
            }
            scanner.position += 1
            if byte == .closeBrace { break }
            scanner.skipWhiteSpace()
        }
        try scanner.expectEnd()
        return ranges
    }
}

extension JSONRPCEnvelope {
    /// Offsets of the members while the bytes are being scanned.
    private struct Ranges {
        var version: Range<Int>?
        var id: Range<Int>?
        var method: Range<Int>?
        var params: Range<Int>?
        var result: Range<Int>?
        var error: Range<Int>?
        var duplicate: StaticString?

        @inline(__always)
        mutating func note(_ member: JSONMemberRange, _ scanner: JSONScanner) {
            func set(_ field: inout Range<Int>?, _ name: StaticString, _ duplicate: inout StaticString?) {
                if field != nil, duplicate == nil { duplicate = name }
                field = member.value
            }
            func isKey(_ name: StaticString) -> Bool { name.withUTF8Buffer { scanner.key(of: member, is: $0) } }
            // The length of a name tells all but three apart; behind an escape it says nothing.
            let length = member.keyIsEscaped ? nil : member.key.count
            switch length {
            case nil, 2, 5, 6, 7: break
            default: return
            }
            if length ?? 2 == 2, isKey("id") {
                set(&id, "id", &duplicate)
            } else if length ?? 7 == 7, isKey("jsonrpc") {
                set(&version, "jsonrpc", &duplicate)
            } else if length ?? 6 == 6, isKey("method") {
                set(&method, "method", &duplicate)
            } else if length ?? 6 == 6, isKey("params") {
                set(&params, "params", &duplicate)
            } else if length ?? 6 == 6, isKey("result") {
                set(&result, "result", &duplicate)
            } else if length ?? 5 == 5, isKey("error") {
                set(&error, "error", &duplicate)
            }
        }
    }
}
