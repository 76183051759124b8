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
    @inline(__always)
    mutating func validateValue(outerDepth: Int, maxDepth: Int) throws(JSONError) {
        position = try endOfValue(at: position, maxDepth: maxDepth - outerDepth, limit: maxDepth)
    }

    /// Validates a member's name and the colon after it, and moves behind them.
    ///
    /// - Returns: the offsets between the quotes, and whether there is an escape between them.
    mutating func validateKey() throws(JSONError) -> (range: Range<Int>, isEscaped: Bool) {
        let key = try endOfKey(at: position)
        let range = Range(uncheckedBounds: (position &+ 1, key.quote))
        position = key.end
        return (range, key.isEscaped)
    }
}

/// The pieces of the grammar. Positions are passed and returned by value, not kept in a variable that calls could
/// change, so that the hot loop has them in registers.
extension JSONScanner {
    /// Where the value ends that begins at `position` or after white space there.
    ///
    /// - Parameters:
    ///   - maxDepth: how many levels it may still open.
    ///   - limit: the limit an error names.
    private func endOfValue(at start: Int, maxDepth: Int, limit: Int) throws(JSONError) -> Int {
        var position = start
        var containers = ContainerStack()
        var expectsKey = false
        nextValue: while true {
            position = endOfWhiteSpace(at: position)
            if expectsKey { position = endOfWhiteSpace(at: try endOfKey(at: position).end) }
            guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
            let byte = base[position]
            switch byte {
            case .quote:
                position = try endOfString(at: position &+ 1).end
            case .openBrace, .openBracket:
                guard containers.depth < maxDepth else {
                    throw JSONError(.tooDeep(limit: limit), offset: position)
                }
                let isArray = byte == .openBracket
                position = endOfWhiteSpace(at: position &+ 1)
                guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
                if base[position] == (isArray ? .closeBracket : .closeBrace) {
                    position &+= 1
                } else {
                    containers.push(isArray: isArray)
                    expectsKey = !isArray
                    continue nextValue
                }
            case .minus, .zero...UInt8(ascii: "9"): position = try endOfNumber(at: position)
            case UInt8(ascii: "t"): position = try endOfLiteral("true", at: position)
            case UInt8(ascii: "f"): position = try endOfLiteral("false", at: position)
            case UInt8(ascii: "n"): position = try endOfLiteral("null", at: position)
            default: throw JSONError(.unexpectedByte(byte), offset: position)
            }
            // A value has ended: go on in its container, or close containers.
            while true {
                if containers.depth == 0 { return position }
                position = endOfWhiteSpace(at: position)
                guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
                let byte = base[position]
                let isArray = containers.innermostIsArray
                if byte == .comma {
                    position &+= 1
                    expectsKey = !isArray
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

    /// Behind the colon of the member whose name begins at `position`.
    @inline(__always)
    private func endOfKey(at position: Int) throws(JSONError) -> (quote: Int, end: Int, isEscaped: Bool) {
        guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
        guard base[position] == .quote else { throw JSONError(.unexpectedByte(base[position]), offset: position) }
        let name = try endOfString(at: position &+ 1)
        let colon = endOfWhiteSpace(at: name.end)
        guard colon < end else { throw JSONError(.unexpectedEnd, offset: colon) }
        guard base[colon] == .colon else { throw JSONError(.unexpectedByte(base[colon]), offset: colon) }
        return (name.end &- 1, colon &+ 1, name.isEscaped)
    }

    /// Behind the closing quote of the string whose first byte, after its opening quote, is at `start`.
    @inline(__always)
    private func endOfString(at start: Int) throws(JSONError) -> (end: Int, isEscaped: Bool) {
        var isEscaped = false
        var position = start
        while true {
            position = endOfPlainBytes(at: position)
            guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
            let byte = base[position]
            if byte == .quote { return (position &+ 1, isEscaped) }
            if byte == .backslash {
                isEscaped = true
                position = try endOfEscape(at: position &+ 1)
            } else if byte >= 0x80 {
                position = try endOfMultibyte(at: position)
            } else {
                throw JSONError(.controlCharacterInString(byte), offset: position)
            }
        }
    }

    /// The next byte that is not plain ASCII inside a string: a quote, a backslash, a control character, a byte above
    /// 0x7F; or the end.
    @inline(__always)
    func endOfPlainBytes(at start: Int) -> Int {
        var position = start
        while position &+ 8 <= end {
            let word = word(at: position)
            let special =
                ByteLanes.equal(word, .quote) | ByteLanes.equal(word, .backslash) | ByteLanes.below0x20(word)
                | ByteLanes.above0x7F(word)
            if special != 0 { return position &+ special.trailingZeroBitCount >> 3 }
            position &+= 8
        }
        while position < end {
            let byte = base[position]
            if byte == .quote || byte == .backslash || byte < 0x20 || byte >= 0x80 { break }
            position &+= 1
        }
        return position
    }

    private func endOfEscape(at start: Int) throws(JSONError) -> Int {
        guard start < end else { throw JSONError(.unexpectedEnd, offset: start) }
        switch base[start] {
        case .quote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start &+ 1
        case UInt8(ascii: "u"):
            for position in (start &+ 1)..<(start &+ 5) {
                guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
                guard base[position].hexadecimalValue != nil else {
                    throw JSONError(.invalidEscape, offset: position)
                }
            }
            return start &+ 5
        default: throw JSONError(.invalidEscape, offset: start)
        }
    }

    /// Behind the characters beyond ASCII from `start` on.
    private func endOfMultibyte(at start: Int) throws(JSONError) -> Int {
        var position = start
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
        return position
    }

    private func endOfLiteral(_ literal: StaticString, at start: Int) throws(JSONError) -> Int {
        var position = start
        for index in 0..<literal.utf8CodeUnitCount {
            guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
            guard base[position] == literal.utf8Start[index] else {
                throw JSONError(.unexpectedByte(base[position]), offset: position)
            }
            position &+= 1
        }
        return position
    }

    private func endOfNumber(at start: Int) throws(JSONError) -> Int {
        var position = start
        if base[position] == .minus {
            position &+= 1
            guard position < end else { throw JSONError(.unexpectedEnd, offset: position) }
        }
        if base[position] == .zero {
            position &+= 1
            if position < end, base[position].isDigit { throw JSONError(.invalidNumber, offset: position) }
        } else {
            position = try endOfDigits(at: position)
        }
        if position < end, base[position] == UInt8(ascii: ".") { position = try endOfDigits(at: position &+ 1) }
        if position < end, base[position] | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if position < end, base[position] == UInt8(ascii: "+") || base[position] == .minus { position &+= 1 }
            position = try endOfDigits(at: position)
        }
        return position
    }

    /// Behind one or more digits.
    @inline(__always)
    private func endOfDigits(at start: Int) throws(JSONError) -> Int {
        guard start < end else { throw JSONError(.unexpectedEnd, offset: start) }
        guard base[start].isDigit else { throw JSONError(.invalidNumber, offset: start) }
        var position = start &+ 1
        while position < end, base[position].isDigit { position &+= 1 }
        return position
    }
}
