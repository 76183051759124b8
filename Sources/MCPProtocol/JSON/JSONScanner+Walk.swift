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
        skipWhiteSpace()
        if position < end, base[position] == .comma {
            position &+= 1
            skipWhiteSpace()
        }
        guard position < end, base[position] == .quote else { return nil }
        position &+= 1
        let keyStart = position
        let isEscaped = skipStringBody()
        let key = Range(uncheckedBounds: (keyStart, max(keyStart, position &- 1)))
        skipWhiteSpace()
        position &+= 1  // The colon.
        skipWhiteSpace()
        guard position < end else { return nil }
        let start = position
        skipValue()
        return JSONMemberRange(key: key, keyIsEscaped: isEscaped, value: Range(uncheckedBounds: (start, position)))
    }

    /// Moves behind the next element of the array stepped into; `nil` at its end.
    @inline(__always)
    mutating func nextElement() -> Range<Int>? {
        skipWhiteSpace()
        if position < end, base[position] == .comma {
            position &+= 1
            skipWhiteSpace()
        }
        guard position < end, base[position] != .closeBracket else { return nil }
        let start = position
        skipValue()
        return Range(uncheckedBounds: (start, position))
    }

    /// Moves behind the value at `position`.
    ///
    /// - Precondition: `position < end`.
    mutating func skipValue() {
        switch base[position] {
        case .quote:
            position &+= 1
            _ = skipStringBody()
        case .openBrace, .openBracket:
            position &+= 1
            skipContainerBody()
        default:
            // A number or literal: at least one byte, so that a walk always gets on.
            position &+= 1
            while position < end {
                let byte = base[position]
                if byte == .comma || byte | 0x20 == .closeBrace || byte <= .space { return }
                position &+= 1
            }
        }
    }

    /// Moves from behind an opening bracket to behind its closing one.
    private mutating func skipContainerBody() {
        var depth = 1
        while position < end {
            let byte = base[position]
            position &+= 1
            if byte == .quote {
                _ = skipStringBody()
            } else if byte | 0x20 == .openBrace {
                // `[` and `{` differ in one bit, and so do `]` and `}`.
                depth &+= 1
            } else if byte | 0x20 == .closeBrace {
                depth &-= 1
                if depth == 0 { return }
            }
        }
    }

    /// Moves from behind an opening quote to behind the closing one.
    ///
    /// - Returns: whether there is an escape.
    @inline(__always)
    mutating func skipStringBody() -> Bool {
        var isEscaped = false
        while true {
            while position &+ 8 <= end {
                let word = word(at: position)
                let special = ByteLanes.equal(word, .quote) | ByteLanes.equal(word, .backslash)
                if special == 0 {
                    position &+= 8
                } else {
                    position &+= special.trailingZeroBitCount >> 3
                    break
                }
            }
            guard position < end else { return isEscaped }
            let byte = base[position]
            position &+= 1
            if byte == .quote { return isEscaped }
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
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these bytes, the inside of a JSON string, decode to `name`.
    @inline(__always)
    func matches(_ name: UnsafeBufferPointer<UInt8>, isEscaped: Bool) -> Bool {
        if isEscaped { return JSONString.unescape(self).elementsEqual(name) }
        guard count == name.count else { return false }
        for index in 0..<count where self[index] != name[index] { return false }
        return true
    }
}
