/// Which of the open containers are arrays, innermost last.
struct ContainerStack {
    private(set) var depth = 0
    /// The innermost up to 64 levels, one bit each (1 = array), the innermost lowest.
    private var bits: UInt64 = 0
    /// Full words of the levels further out; stays empty, and unallocated, for ordinary texts.
    private var outer: [UInt64] = []

    @inline(__always)
    var innermostIsArray: Bool { bits & 1 == 1 }

    @inline(__always)
    mutating func push(isArray: Bool) {
        if depth > 0, depth & 63 == 0 { outer.append(bits) }
        bits = bits << 1 | (isArray ? 1 : 0)
        depth &+= 1
    }

    /// - Precondition: `depth > 0`.
    @inline(__always)
    mutating func pop() {
        bits >>= 1
        depth &-= 1
        if depth > 0, depth & 63 == 0 { bits = outer.removeLast() }
    }
}

/// The checked pass: RFC 8259 in full, UTF-8 included.
extension JSONScanner {
    /// Validates the whole text: one value with white space around it.
    ///
    /// - Returns: the offsets of the value, without the white space.
    mutating func validateText(maxDepth: Int) throws(JSONError) -> Range<Int> {
        skipWhiteSpace()
        let start = position
        try validateValue(outerDepth: 0, maxDepth: maxDepth)
        let valueEnd = position
        try expectEnd()
        return start..<valueEnd
    }

    /// Only white space may follow.
    mutating func expectEnd() throws(JSONError) {
        skipWhiteSpace()
        guard position == end else { throw JSONError(.trailingBytes, offset: position) }
    }

    /// Validates the value at `position`, which lies inside `outerDepth` containers, and moves behind it.
    mutating func validateValue(outerDepth: Int, maxDepth: Int) throws(JSONError) {
        var containers = ContainerStack()
        nextValue: while true {
            skipWhiteSpace()
            guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
            let byte = base[position]
            switch byte {
            case .quote:
                position &+= 1
                _ = try validateStringBody()
            case .openBrace, .openBracket:
                guard outerDepth + containers.depth < maxDepth else {
                    throw JSONError(.tooDeep(limit: maxDepth), offset: position)
                }
                let isArray = byte == .openBracket
                position &+= 1
                skipWhiteSpace()
                guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
                if base[position] == (isArray ? .closeBracket : .closeBrace) {
                    position &+= 1
                } else {
                    containers.push(isArray: isArray)
                    if !isArray { _ = try validateKey() }
                    continue nextValue
                }
            case UInt8(ascii: "t"): try validateLiteral("true")
            case UInt8(ascii: "f"): try validateLiteral("false")
            case UInt8(ascii: "n"): try validateLiteral("null")
            case .minus, .zero...UInt8(ascii: "9"): try validateNumber()
            default: throw JSONError(.unexpectedByte(byte), offset: position)
            }
            // A value has ended: go on in its container, or close containers.
            while true {
                if containers.depth == 0 { return }
                skipWhiteSpace()
                guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
                let byte = base[position]
                let isArray = containers.innermostIsArray
                if byte == .comma {
                    position &+= 1
                    if !isArray {
                        skipWhiteSpace()
                        _ = try validateKey()
                    }
                    continue nextValue
                }
                guard byte == (isArray ? .closeBracket : .closeBrace) else {
                    throw JSONError(.unexpectedByte(byte), offset: position)
                }
                position &+= 1
                containers.pop()
            }
        }
    }

    /// Validates a member's name and the colon after it.
    ///
    /// - Returns: the offsets between the quotes, and whether there is an escape between them.
    @inline(__always)
    mutating func validateKey() throws(JSONError) -> (range: Range<Int>, isEscaped: Bool) {
        guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
        guard base[position] == .quote else { throw JSONError(.unexpectedByte(base[position]), offset: position) }
        position &+= 1
        let start = position
        let isEscaped = try validateStringBody()
        let range = Range(uncheckedBounds: (start, position &- 1))
        skipWhiteSpace()
        guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
        guard base[position] == .colon else { throw JSONError(.unexpectedByte(base[position]), offset: position) }
        position &+= 1
        return (range, isEscaped)
    }

    /// Validates from behind the opening quote to behind the closing one.
    ///
    /// - Returns: whether there is an escape.
    mutating func validateStringBody() throws(JSONError) -> Bool {
        var isEscaped = false
        while true {
            // Plain ASCII, eight bytes at a time.
            while position &+ 8 <= end {
                let word = word(at: position)
                let special =
                    ByteLanes.equal(word, .quote) | ByteLanes.equal(word, .backslash) | ByteLanes.below0x20(word)
                    | ByteLanes.above0x7F(word)
                if special == 0 {
                    position &+= 8
                } else {
                    position &+= special.trailingZeroBitCount >> 3
                    break
                }
            }
            guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
            let byte = base[position]
            if byte == .quote {
                position &+= 1
                return isEscaped
            } else if byte == .backslash {
                isEscaped = true
                try validateEscape()
            } else if byte >= 0x80 {
                try validateMultibyte()
            } else if byte < 0x20 {
                throw JSONError(.controlCharacterInString(byte), offset: position)
            } else {
                position &+= 1
            }
        }
    }

    private mutating func validateEscape() throws(JSONError) {
        position &+= 1
        guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
        switch base[position] {
        case .quote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position &+= 1
        case UInt8(ascii: "u"):
            position &+= 1
            for _ in 0..<4 {
                guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
                guard base[position].hexadecimalValue != nil else {
                    throw JSONError(.invalidEscape, offset: position)
                }
                position &+= 1
            }
        default: throw JSONError(.invalidEscape, offset: position)
        }
    }

    /// Validates characters beyond ASCII until the next ASCII byte.
    private mutating func validateMultibyte() throws(JSONError) {
        while position < end, base[position] >= 0x80 {
            guard let sequence = UTF8Sequence(lead: base[position]) else {
                throw JSONError(.invalidUTF8, offset: position)
            }
            position &+= 1
            guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
            guard sequence.second.contains(base[position]) else { throw JSONError(.invalidUTF8, offset: position) }
            position &+= 1
            for _ in 0..<(sequence.continuationCount &- 1) {
                guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
                guard base[position] & 0xC0 == 0x80 else { throw JSONError(.invalidUTF8, offset: position) }
                position &+= 1
            }
        }
    }

    private mutating func validateLiteral(_ literal: StaticString) throws(JSONError) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
            guard base[position] == literal.utf8Start[index] else {
                throw JSONError(.unexpectedByte(base[position]), offset: position)
            }
            position &+= 1
        }
    }

    private mutating func validateNumber() throws(JSONError) {
        if base[position] == .minus {
            position &+= 1
            guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
        }
        if base[position] == .zero {
            position &+= 1
            if position < end, base[position].isDigit { throw JSONError(.invalidNumber, offset: position) }
        } else {
            try validateDigits()
        }
        if position < end, base[position] == UInt8(ascii: ".") {
            position &+= 1
            try validateDigits()
        }
        if position < end, base[position] | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if position < end, base[position] == UInt8(ascii: "+") || base[position] == .minus { position &+= 1 }
            try validateDigits()
        }
    }

    /// Validates one or more digits.
    @inline(__always)
    private mutating func validateDigits() throws(JSONError) {
        guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
        guard base[position].isDigit else { throw JSONError(.invalidNumber, offset: position) }
        position &+= 1
        while position < end, base[position].isDigit { position &+= 1 }
    }
}

/// What may follow a lead byte: RFC 3629, section 4. Overlong forms, surrogates and values past U+10FFFF are excluded
/// by the range of the second byte.
struct UTF8Sequence {
    let second: ClosedRange<UInt8>
    /// 1 to 3, the second byte included.
    let continuationCount: Int

    @inline(__always)
    init?(lead: UInt8) {
        switch lead {
        case 0xC2...0xDF: (second, continuationCount) = (0x80...0xBF, 1)
        case 0xE0: (second, continuationCount) = (0xA0...0xBF, 2)
        case 0xED: (second, continuationCount) = (0x80...0x9F, 2)
        case 0xE1...0xEF: (second, continuationCount) = (0x80...0xBF, 2)
        case 0xF0: (second, continuationCount) = (0x90...0xBF, 3)
        case 0xF1...0xF3: (second, continuationCount) = (0x80...0xBF, 3)
        case 0xF4: (second, continuationCount) = (0x80...0x8F, 3)
        default: return nil
        }
    }
}
