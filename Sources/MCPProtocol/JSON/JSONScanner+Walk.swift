/// Where one member of an object lies; offsets into the scanned bytes.
struct JSONMemberRange {
    /// Between the quotes.
    let key: Range<Int>
    let keyIsEscaped: Bool
    let value: Range<Int>
}

/// The fast walk over bytes known to be valid: nothing is checked again except the bounds.
extension JSONScanner {
    /// Steps into the container whose bracket stands at `position`.
    @inline(__always)
    mutating func enterContainer() { position &+= 1 }

    /// Moves behind the next member of the object stepped into; `nil` at its end.
    @inline(__always)
    mutating func nextMember() -> JSONMemberRange? {
        let keyQuote = startOfNext(at: position)
        guard keyQuote < end, base[keyQuote] == .quote else { return nil }
        let key = endOfTrustedString(at: keyQuote &+ 1)
        // Behind the colon.
        let start = endOfWhiteSpace(at: endOfWhiteSpace(at: key.end) &+ 1)
        guard start < end else { return nil }
        position = endOfTrustedValue(at: start)
        return JSONMemberRange(
            key: Range(uncheckedBounds: (keyQuote &+ 1, max(keyQuote &+ 1, key.end &- 1))),
            keyIsEscaped: key.isEscaped, value: Range(uncheckedBounds: (start, position)))
    }

    /// Moves behind the next element of the array stepped into; `nil` at its end.
    @inline(__always)
    mutating func nextElement() -> Range<Int>? {
        let start = startOfNext(at: position)
        guard start < end, base[start] != .closeBracket else { return nil }
        position = endOfTrustedValue(at: start)
        return Range(uncheckedBounds: (start, position))
    }

    /// Behind the white space and the comma, if there is one, at `position`.
    @inline(__always)
    private func startOfNext(at position: Int) -> Int {
        let next = endOfWhiteSpace(at: position)
        return next < end && base[next] == .comma ? endOfWhiteSpace(at: next &+ 1) : next
    }

    /// Behind the value at `start`; always past `start`, so that a walk gets on.
    ///
    /// - Precondition: `start < end`.
    @inline(__always)
    private func endOfTrustedValue(at start: Int) -> Int {
        switch base[start] {
        case .quote:
            return endOfTrustedString(at: start &+ 1).end
        case .openBrace, .openBracket:
            return endOfTrustedContainer(at: start &+ 1)
        default:
            // A number or literal.
            var position = start &+ 1
            while position < end {
                let byte = base[position]
                if byte == .comma || byte | 0x20 == .closeBrace || byte <= .space { break }
                position &+= 1
            }
            return position
        }
    }

    /// Behind the closing bracket of the container whose first byte, after its opening bracket, is at `start`.
    private func endOfTrustedContainer(at start: Int) -> Int {
        var position = start
        var depth = 1
        while position < end {
            let byte = base[position]
            position &+= 1
            if byte == .quote {
                position = endOfTrustedString(at: position).end
            } else if byte | 0x20 == .openBrace {
                // `[` and `{` differ in one bit, and so do `]` and `}`.
                depth &+= 1
            } else if byte | 0x20 == .closeBrace {
                depth &-= 1
                if depth == 0 { break }
            }
        }
        return position
    }

    /// Behind the closing quote of the string whose first byte, after its opening quote, is at `start`.
    @inline(__always)
    private func endOfTrustedString(at start: Int) -> (end: Int, isEscaped: Bool) {
        var isEscaped = false
        var position = start
        while true {
            while position &+ 8 <= end {
                let word = word(at: position)
                let special = ByteLanes.equal(word, .quote) | ByteLanes.equal(word, .backslash)
                if special != 0 {
                    position &+= special.trailingZeroBitCount >> 3
                    break
                }
                position &+= 8
            }
            guard position < end else { return (end, isEscaped) }
            let byte = base[position]
            position &+= 1
            if byte == .quote { return (position, isEscaped) }
            if byte == .backslash {
                isEscaped = true
                if position < end { position &+= 1 }
            }
        }
    }

    /// Whether a member's name, decoded, is `name`, byte for byte (no Unicode normalization).
    @inline(__always)
    func key(of member: JSONMemberRange, is name: UnsafeBufferPointer<UInt8>) -> Bool {
        let key = UnsafeBufferPointer(start: base + member.key.lowerBound, count: member.key.count)
        return key.matches(name, isEscaped: member.keyIsEscaped)
    }

    @inline(__always)
    func key(of member: JSONMemberRange, is name: StaticString) -> Bool {
        name.withUTF8Buffer { key(of: member, is: $0) }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these bytes, the inside of a JSON string, decode to `name`.
    @inline(__always)
    func matches(_ name: UnsafeBufferPointer<UInt8>, isEscaped: Bool) -> Bool {
        if isEscaped { return isEscapedForm(of: name) }
        return isSame(as: name)
    }

    /// Whether both have the same bytes; eight are compared at a time, as names may be long.
    @inline(__always)
    package func isSame(as other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count, let ours = baseAddress, let theirs = other.baseAddress else {
            return count == other.count
        }
        var index = 0
        while index &+ 8 <= count {
            let word = UnsafeRawPointer(ours).loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard word == UnsafeRawPointer(theirs).loadUnaligned(fromByteOffset: index, as: UInt64.self) else {
                return false
            }
            index &+= 8
        }
        while index < count {
            guard ours[index] == theirs[index] else { return false }
            index &+= 1
        }
        return true
    }

    /// Apart, so that what is inlined stays small.
    @inline(never)
    private func isEscapedForm(of name: UnsafeBufferPointer<UInt8>) -> Bool {
        JSONString.unescape(self).elementsEqual(name)
    }
}
