/// Validates a JSON object that arrives in pieces and passes the values of chosen top-level members on as they come,
/// so that a huge result costs no memory.
///
/// The other top-level members are collected and reported whole; each of them is bounded. Texts are accepted and
/// refused exactly as by ``RawJSON/init(validating:limits:)``, however they are cut, except that only an object will
/// do. Bytes may have been passed on before an error further along is found: whoever takes them has to be able to
/// break off. Repeated member names are reported each time; a second `passingBegan` for one name is the caller's to
/// refuse.
package struct JSONStreamScanner: Sendable {
    package enum Event: Equatable, Sendable {
        /// The value of a chosen member begins; its bytes follow.
        case passingBegan(String)
        /// The next bytes of the chosen member: a slice of the piece given to ``feed(_:_:)``, never empty.
        case bytes(ArraySlice<UInt8>)
        /// The chosen member is complete.
        case passingEnded(String)
        /// Another member, whole.
        case member(String, RawJSON)
    }

    /// What the next byte has to be.
    private enum State: Sendable {
        case start, firstKeyOrEnd, key, colon, value, firstElementOrEnd, afterValue, done
        case string, escape, hexadecimal, secondByte, continuation
        case minus, zero, integer, point, fraction, exponentMark, exponentSign, exponent
        case literal
    }

    /// What becomes of the bytes being scanned.
    private enum Capture: Sendable {
        case nothing, key, passing, collecting
    }

    private let passing: [[UInt8]]
    private let limits: JSONLimits
    private let maxMemberBytes: Int

    private var state = State.start
    private var containers = ContainerStack()
    /// Bytes in the pieces before this one.
    private var consumed = 0
    private var failure: JSONError?

    private var stringIsKey = false
    /// Digits of a `\u` escape, or continuation bytes, still to come.
    private var remaining = 0
    private var secondByteRange: ClosedRange<UInt8> = 0x80...0xBF
    private var literal: StaticString = "null"
    private var literalIndex = 0

    private var capture = Capture.nothing
    /// Where in the current piece the bytes to capture begin.
    private var captureStart = 0
    /// Collected from earlier pieces: a key (without quotes), or a member's value.
    private var collected: [UInt8] = []
    /// Decoded; the top-level member being scanned.
    private var name: [UInt8] = []
    private var nameIsEscaped = false

    /// - Parameters:
    ///   - passing: names of top-level members whose values are passed on.
    ///   - limits: `maxBytes` bounds the whole text, also what is passed on.
    ///   - maxMemberBytes: bounds the value of each other top-level member, and each top-level name.
    package init(passing: Set<String>, limits: JSONLimits = .default, maxMemberBytes: Int = 64 << 10) {
        self.passing = passing.map { Array($0.utf8) }
        self.limits = limits
        self.maxMemberBytes = maxMemberBytes
    }

    /// Whether the object is complete. White space may still follow.
    package var isComplete: Bool { state == .done }

    /// Scans the next piece, which may be cut anywhere, and calls `emit` for what was found in it.
    ///
    /// - Throws: the first error, with its offset in the whole text; the same again if called once more.
    package mutating func feed(_ chunk: ArraySlice<UInt8>, _ emit: (Event) -> Void) throws(JSONError) {
        if let failure { throw failure }
        do throws(JSONError) {
            guard chunk.count <= limits.maxBytes - consumed else {
                throw JSONError(.tooLarge(limit: limits.maxBytes), offset: limits.maxBytes)
            }
            try chunk.withUnsafeBufferPointer { (buffer) throws(JSONError) in
                guard var cursor = JSONScanner(buffer) else { return }
                captureStart = 0
                while cursor.position < cursor.end { try step(&cursor, chunk, emit) }
                try endCapture(at: cursor.end, chunk, emit)
            }
        } catch {
            failure = error
            throw error
        }
        consumed += chunk.count
    }

    /// Says that no more bytes will come.
    ///
    /// - Throws: ``JSONError/Kind/unexpectedEnd`` if the object is not complete.
    package mutating func finish() throws(JSONError) {
        if let failure { throw failure }
        guard state == .done else {
            let error = JSONError(.unexpectedEnd, offset: consumed)
            failure = error
            throw error
        }
    }
}

// MARK: - The grammar

extension JSONStreamScanner {
    private typealias Emit = (Event) -> Void

    /// Consumes at least one byte, or moves to another state without consuming the byte that ended the last one.
    private mutating func step(
        _ cursor: inout JSONScanner, _ chunk: ArraySlice<UInt8>, _ emit: Emit
    ) throws(JSONError) {
        switch state {
        case .string:
            try stepString(&cursor, chunk, emit)
        case .start, .firstKeyOrEnd, .key, .colon, .value, .firstElementOrEnd, .afterValue, .done:
            cursor.skipWhiteSpace()
            guard cursor.position < cursor.end else { return }
            try stepStructure(&cursor, chunk, emit)
        case .escape, .hexadecimal:
            try stepEscape(&cursor)
        case .secondByte, .continuation:
            try stepMultibyte(&cursor)
        case .literal:
            try stepLiteral(&cursor, chunk, emit)
        case .minus, .zero, .integer, .point, .fraction, .exponentMark, .exponentSign, .exponent:
            try stepNumber(&cursor, chunk, emit)
        }
    }

    private func error(_ kind: JSONError.Kind, _ cursor: JSONScanner) -> JSONError {
        JSONError(kind, offset: consumed + cursor.position)
    }

    private mutating func stepStructure(
        _ cursor: inout JSONScanner, _ chunk: ArraySlice<UInt8>, _ emit: Emit
    ) throws(JSONError) {
        let byte = cursor.base[cursor.position]
        switch state {
        case .start:
            guard byte == .openBrace else {
                throw error(Self.beginsValue(byte) ? .notAnObject : .unexpectedByte(byte), cursor)
            }
            try open(byte, &cursor)
        case .firstKeyOrEnd where byte == .closeBrace, .firstElementOrEnd where byte == .closeBracket:
            cursor.position &+= 1
            containers.pop()
            try valueEnded(at: cursor.position, chunk, emit)
        case .firstKeyOrEnd, .key:
            guard byte == .quote else { throw error(.unexpectedByte(byte), cursor) }
            cursor.position &+= 1
            stringIsKey = true
            state = .string
            if containers.depth == 1 {
                nameIsEscaped = false
                beginCapture(.key, at: cursor.position)
            }
        case .colon:
            guard byte == .colon else { throw error(.unexpectedByte(byte), cursor) }
            cursor.position &+= 1
            state = .value
        case .value, .firstElementOrEnd:
            guard Self.beginsValue(byte) else { throw error(.unexpectedByte(byte), cursor) }
            if containers.depth == 1 { beginMember(at: cursor.position, emit) }
            try beginValue(byte, &cursor)
        case .afterValue:
            let isArray = containers.innermostIsArray
            if byte == .comma {
                cursor.position &+= 1
                state = isArray ? .value : .key
            } else if byte == (isArray ? .closeBracket : .closeBrace) {
                cursor.position &+= 1
                containers.pop()
                try valueEnded(at: cursor.position, chunk, emit)
            } else {
                throw error(.unexpectedByte(byte), cursor)
            }
        default:
            // Only `done` is left.
            throw error(.trailingBytes, cursor)
        }
    }

    private static func beginsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case .quote, .openBrace, .openBracket, .minus, UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): true
        default: byte.isDigit
        }
    }

    private mutating func open(_ bracket: UInt8, _ cursor: inout JSONScanner) throws(JSONError) {
        guard containers.depth < limits.maxDepth else { throw error(.tooDeep(limit: limits.maxDepth), cursor) }
        cursor.position &+= 1
        containers.push(isArray: bracket == .openBracket)
        state = bracket == .openBracket ? .firstElementOrEnd : .firstKeyOrEnd
    }

    private mutating func beginValue(_ byte: UInt8, _ cursor: inout JSONScanner) throws(JSONError) {
        switch byte {
        case .openBrace, .openBracket:
            try open(byte, &cursor)
            return
        case .quote:
            stringIsKey = false
            state = .string
        case UInt8(ascii: "t"): beginLiteral("true")
        case UInt8(ascii: "f"): beginLiteral("false")
        case UInt8(ascii: "n"): beginLiteral("null")
        case .minus: state = .minus
        case .zero: state = .zero
        default: state = .integer
        }
        cursor.position &+= 1
    }

    private mutating func beginLiteral(_ literal: StaticString) {
        self.literal = literal
        literalIndex = 1
        state = .literal
    }

    private mutating func stepLiteral(
        _ cursor: inout JSONScanner, _ chunk: ArraySlice<UInt8>, _ emit: Emit
    ) throws(JSONError) {
        let byte = cursor.base[cursor.position]
        guard byte == literal.utf8Start[literalIndex] else { throw error(.unexpectedByte(byte), cursor) }
        cursor.position &+= 1
        literalIndex += 1
        if literalIndex == literal.utf8CodeUnitCount { try valueEnded(at: cursor.position, chunk, emit) }
    }

    private mutating func stepString(
        _ cursor: inout JSONScanner, _ chunk: ArraySlice<UInt8>, _ emit: Emit
    ) throws(JSONError) {
        cursor.position = cursor.endOfPlainBytes(at: cursor.position)
        guard cursor.position < cursor.end else { return }
        let byte = cursor.base[cursor.position]
        if byte == .quote {
            let end = cursor.position
            cursor.position &+= 1
            guard stringIsKey else { return try valueEnded(at: cursor.position, chunk, emit) }
            if containers.depth == 1 { try keyEnded(at: end, chunk, emit) }
            state = .colon
        } else if byte == .backslash {
            cursor.position &+= 1
            nameIsEscaped = true
            state = .escape
        } else if byte >= 0x80 {
            guard let sequence = UTF8Sequence(lead: byte) else { throw error(.invalidUTF8, cursor) }
            cursor.position &+= 1
            secondByteRange = sequence.second
            remaining = sequence.continuationCount
            state = .secondByte
        } else {
            throw error(.controlCharacterInString(byte), cursor)
        }
    }

    private mutating func stepEscape(_ cursor: inout JSONScanner) throws(JSONError) {
        let byte = cursor.base[cursor.position]
        if state == .hexadecimal {
            guard byte.hexadecimalValue != nil else { throw error(.invalidEscape, cursor) }
            remaining -= 1
            if remaining == 0 { state = .string }
        } else {
            switch byte {
            case .quote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
                UInt8(ascii: "r"), UInt8(ascii: "t"):
                state = .string
            case UInt8(ascii: "u"):
                remaining = 4
                state = .hexadecimal
            default: throw error(.invalidEscape, cursor)
            }
        }
        cursor.position &+= 1
    }

    private mutating func stepMultibyte(_ cursor: inout JSONScanner) throws(JSONError) {
        let range = state == .secondByte ? secondByteRange : 0x80...0xBF
        guard range.contains(cursor.base[cursor.position]) else { throw error(.invalidUTF8, cursor) }
        cursor.position &+= 1
        remaining -= 1
        state = remaining == 0 ? .string : .continuation
    }

    private mutating func stepNumber(
        _ cursor: inout JSONScanner, _ chunk: ArraySlice<UInt8>, _ emit: Emit
    ) throws(JSONError) {
        let byte = cursor.base[cursor.position]
        switch state {
        case .minus where byte == .zero: state = .zero
        case .minus where byte.isDigit, .integer where byte.isDigit: state = .integer
        case .point where byte.isDigit, .fraction where byte.isDigit: state = .fraction
        case .exponentMark where byte.isDigit, .exponentSign where byte.isDigit, .exponent where byte.isDigit:
            state = .exponent
        case .exponentMark where byte == UInt8(ascii: "+") || byte == .minus: state = .exponentSign
        case .zero where byte == UInt8(ascii: "."), .integer where byte == UInt8(ascii: "."): state = .point
        case .zero where byte | 0x20 == UInt8(ascii: "e"), .integer where byte | 0x20 == UInt8(ascii: "e"),
            .fraction where byte | 0x20 == UInt8(ascii: "e"):
            state = .exponentMark
        case .zero where !byte.isDigit, .integer, .fraction, .exponent:
            // The number is over; this byte is not part of it.
            return try valueEnded(at: cursor.position, chunk, emit)
        default:
            throw error(.invalidNumber, cursor)
        }
        cursor.position &+= 1
    }
}

// MARK: - Members

extension JSONStreamScanner {
    private mutating func beginCapture(_ capture: Capture, at position: Int) {
        self.capture = capture
        captureStart = position
        collected.removeAll(keepingCapacity: true)
    }

    /// Takes the bytes up to `position` of the current piece.
    private mutating func endCapture(at position: Int, _ chunk: ArraySlice<UInt8>, _ emit: Emit) throws(JSONError) {
        guard capture != .nothing, captureStart < position else { return }
        let bytes = chunk[(chunk.startIndex + captureStart)..<(chunk.startIndex + position)]
        if capture == .passing {
            emit(.bytes(bytes))
        } else {
            guard bytes.count <= maxMemberBytes - collected.count else {
                throw JSONError(.memberTooLarge(limit: maxMemberBytes), offset: consumed + position)
            }
            collected.append(contentsOf: bytes)
        }
        captureStart = position
    }

    private mutating func keyEnded(at position: Int, _ chunk: ArraySlice<UInt8>, _ emit: Emit) throws(JSONError) {
        try endCapture(at: position, chunk, emit)
        capture = .nothing
        name = nameIsEscaped ? collected.withUnsafeBufferPointer(JSONString.unescape) : collected
    }

    private mutating func beginMember(at position: Int, _ emit: Emit) {
        if passing.contains(name) {
            emit(.passingBegan(String(decoding: name, as: UTF8.self)))
            beginCapture(.passing, at: position)
        } else {
            beginCapture(.collecting, at: position)
        }
    }

    /// A value, at any depth, has ended before `position`.
    private mutating func valueEnded(at position: Int, _ chunk: ArraySlice<UInt8>, _ emit: Emit) throws(JSONError) {
        state = containers.depth == 0 ? .done : .afterValue
        guard containers.depth == 1 else { return }
        try endCapture(at: position, chunk, emit)
        let name = String(decoding: name, as: UTF8.self)
        if capture == .passing {
            emit(.passingEnded(name))
        } else {
            emit(.member(name, RawJSON(unchecked: collected[...])))
            // Whoever got the member may keep it: start the next one in memory of its own.
            collected = []
        }
        capture = .nothing
    }
}
