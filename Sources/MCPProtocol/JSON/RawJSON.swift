/// A validated JSON value and its exact bytes.
///
/// Looking inside scans the bytes; no tree is built, and members and elements are slices of the same buffer. A value
/// therefore keeps the whole buffer it was read from alive: see ``detached()``.
package struct RawJSON: Sendable {
    package enum Kind: Hashable, Sendable {
        case object, array, string, number, bool, null
    }

    /// The value without surrounding white space. `startIndex` stays the offset in the buffer given to
    /// ``init(validating:limits:)``.
    package let bytes: ArraySlice<UInt8>

    package let kind: Kind

    /// Validates a whole text: one value, optionally with white space around it.
    ///
    /// RFC 8259 in full, with two of its freedoms used: an escaped surrogate without its partner is accepted (and
    /// decodes to U+FFFD), and so are repeated member names (the last one counts, see ``member(_:)``).
    package init(validating text: ArraySlice<UInt8>, limits: JSONLimits = .default) throws(JSONError) {
        guard text.count <= limits.maxBytes else {
            throw JSONError(.tooLarge(limit: limits.maxBytes), offset: limits.maxBytes)
        }
        let range = try text.withUnsafeBufferPointer { (buffer) throws(JSONError) -> Range<Int> in
            guard var scanner = JSONScanner(buffer) else { throw JSONError(.unexpectedEnd, offset: 0) }
            return try scanner.validateText(maxDepth: limits.maxDepth)
        }
        self.init(unchecked: text[(text.startIndex + range.lowerBound)..<(text.startIndex + range.upperBound)])
    }

    package init(validating text: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
        try self.init(validating: text[...], limits: limits)
    }

    package init(validating text: String, limits: JSONLimits = .default) throws(JSONError) {
        try self.init(validating: Array(text.utf8)[...], limits: limits)
    }

    /// Takes bytes that are known to be one valid value without white space around it, such as a writer's output.
    ///
    /// Never for bytes from outside. Wrong bytes give wrong answers, but no access out of bounds.
    package init(unchecked bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.kind = bytes.first.map(Self.kind(of:)) ?? .null
    }

    @inline(__always)
    private static func kind(of first: UInt8) -> Kind {
        switch first {
        case .openBrace: .object
        case .openBracket: .array
        case .quote: .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// The part of `bytes` at offsets counted from their start.
    @inline(__always)
    func slice(_ range: Range<Int>) -> ArraySlice<UInt8> {
        bytes[(bytes.startIndex &+ range.lowerBound)..<(bytes.startIndex &+ range.upperBound)]
    }

    @inline(__always)
    func value(at range: Range<Int>) -> RawJSON { RawJSON(unchecked: slice(range)) }

    /// The same value in memory of its own, to be kept for long without the message it came in.
    package func detached() -> RawJSON { RawJSON(unchecked: Array(bytes)[...]) }

    /// The value as text, as it was written.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension RawJSON: Equatable {
    /// The same bytes: `1` and `1.0` are different, and so are objects whose members are ordered or spaced differently.
    package static func == (left: RawJSON, right: RawJSON) -> Bool { left.bytes == right.bytes }
}

extension RawJSON: CustomStringConvertible {
    package var description: String { text }
}
