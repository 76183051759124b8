/// Changes the top-level members of a JSON object that arrives in pieces, so that a huge one need not be held for it.
///
/// What it is given has to be valid JSON as far as it goes, such as ``JSONStreamScanner`` passes on; anything but an object
/// stays as it is. Members keep their order and their bytes; white space between them goes.
package struct ObjectStreamEditor: Sendable {
    /// What becomes of a member.
    package enum Change: Sendable {
        case removed
        /// It stands first, with this value, wherever the object has it, or does not have it.
        case first([UInt8])
        /// It stands last, with this value, where the object does not have it.
        case addedLast([UInt8])
        /// Its value, which is held for that, becomes another one; it is left out where that is `nil`. A value longer than
        /// ``maxHeldBytes`` stays as it is. Where the object does not have the member, it stands last with the second value,
        /// if there is one.
        case replaced(@Sendable (RawJSON) -> [UInt8]?, else: [UInt8]?)
    }

    package static let maxHeldBytes = 64 << 10

    private enum State: Sendable {
        /// Before the object.
        case start
        /// Where a member or the end of the object may come.
        case between
        case key, keyEscape
        /// In a name that is longer than any that counts.
        case longKey, longKeyEscape
        /// Behind a member's name.
        case colon
        case value, string, stringEscape
        /// Behind the object, or in what is none.
        case rest
    }

    /// Where the bytes of the member at hand go.
    private enum Destination: Sendable {
        case output, nowhere, held
    }

    private let changes: [(name: String, change: Change)]
    /// Longer names are none of those that count, however they are written.
    private let maxKeyBytes: Int

    private var state = State.start
    /// The name of a member as it is written, between its quotes.
    private var key: [UInt8] = []
    /// Which change is for the member at hand.
    private var current: Int?
    private var destination = Destination.output
    private var held: [UInt8] = []
    /// Containers that are open inside a member's value.
    private var depth = 0
    private var needsComma = false
    private var seen: Set<Int> = []

    /// - Parameter changes: by decoded names, each once; members that are added stand in this order.
    package init(_ changes: [(name: String, change: Change)]) {
        self.changes = changes
        // An escape makes at most six bytes of one.
        maxKeyBytes = 6 * (changes.map(\.name.utf8.count).max() ?? 0)
    }

    /// What stands in place of the next piece, which may be cut anywhere; empty where more is needed to tell.
    package mutating func edit(_ piece: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var output: [UInt8] = []
        let isUnchanged = piece.withUnsafeBufferPointer { edit($0, &output) }
        return isUnchanged ? piece : output[...]
    }

    /// - Returns: whether all of it stays as it is; `output` has nothing of it then.
    private mutating func edit(_ piece: UnsafeBufferPointer<UInt8>, _ output: inout [UInt8]) -> Bool {
        // From there on bytes are taken as they are; `nil` while they are not.
        var start = isTaking ? 0 : nil
        var index = 0
        while index < piece.count {
            let byte = piece[index]
            switch state {
            case .start:
                if byte == .openBrace {
                    take(piece, &start, upTo: index, &output)
                    begin(&output)
                } else if !byte.isJSONWhiteSpace {
                    state = .rest
                }
            case .between:
                if byte == .quote {
                    key = []
                    state = .key
                } else if byte == .closeBrace {
                    end(&output)
                    start = index
                }
            case .key where byte == .quote:
                beginMember(&output)
                if destination == .output { start = index }
                state = .colon
            case .key, .keyEscape:
                key.append(byte)
                state = state == .key && byte == .backslash ? .keyEscape : .key
                if key.count > maxKeyBytes {
                    beginMember(&output)
                    start = index + 1
                    state = state == .key ? .longKey : .longKeyEscape
                }
            case .longKey:
                if byte == .quote { state = .colon } else if byte == .backslash { state = .longKeyEscape }
            case .longKeyEscape: state = .longKey
            case .colon:
                if byte == .colon {
                    state = .value
                    if destination == .held { start = index + 1 }
                }
            case .value:
                switch byte {
                case .quote: state = .string
                case .openBrace, .openBracket: depth += 1
                case .comma where depth == 0, .closeBrace where depth == 0:
                    take(piece, &start, upTo: index, &output)
                    endMember(&output)
                    state = .between
                    continue  // The end of the object is looked at there.
                case .closeBrace, .closeBracket: depth -= 1
                default: break
                }
            case .string:
                while index < piece.count, piece[index] != .quote, piece[index] != .backslash { index += 1 }
                guard index < piece.count else { continue }
                state = piece[index] == .quote ? .value : .stringEscape
            case .stringEscape: state = .string
            case .rest: index = piece.count - 1
            }
            index += 1
        }
        if output.isEmpty, start == 0, destination == .output { return true }
        take(piece, &start, upTo: piece.count, &output)
        return false
    }

    /// Whether the next bytes are taken as they come.
    private var isTaking: Bool {
        switch state {
        case .start, .rest, .longKey, .longKeyEscape: true
        case .between, .key, .keyEscape: false
        case .colon: destination == .output
        case .value, .string, .stringEscape: destination != .nowhere
        }
    }

    private mutating func take(
        _ piece: UnsafeBufferPointer<UInt8>, _ start: inout Int?, upTo end: Int, _ output: inout [UInt8]
    ) {
        guard let first = start else { return }
        start = nil
        guard destination == .held else {
            output += piece[first..<end]
            return
        }
        held += piece[first..<end]
        guard held.count > Self.maxHeldBytes else { return }
        appendKey(&output)
        output += [.quote, .colon] + held
        held = []
        destination = .output
    }

    // MARK: Members

    private mutating func begin(_ output: inout [UInt8]) {
        output.append(.openBrace)
        state = .between
        for (name, change) in changes {
            if case .first(let value) = change { append(name, value, &output) }
        }
    }

    private mutating func append(_ name: String, _ value: [UInt8], _ output: inout [UInt8]) {
        if needsComma { output.append(.comma) }
        needsComma = true
        JSONWriter.appendQuoted(name, to: &output)
        output.append(.colon)
        output += value
    }

    /// Without the quote behind it.
    private mutating func appendKey(_ output: inout [UInt8]) {
        if needsComma { output.append(.comma) }
        needsComma = true
        output.append(.quote)
        output += key
    }

    /// The name at hand is read, or too long to count.
    private mutating func beginMember(_ output: inout [UInt8]) {
        current = key.count <= maxKeyBytes ? decodedKey : nil
        if let current { seen.insert(current) }
        switch current.map({ changes[$0].change }) {
        case nil, .addedLast: destination = .output
        case .removed, .first: destination = .nowhere
        case .replaced: destination = .held
        }
        if destination == .output { appendKey(&output) }
    }

    /// Which of the names that count the name at hand is.
    private var decodedKey: Int? {
        let name = RawJSON(unchecked: ([.quote] + key + [.quote])[...]).stringValue
        return name.flatMap { name in changes.firstIndex { $0.name == name } }
    }

    private mutating func endMember(_ output: inout [UInt8]) {
        defer { destination = .output }
        guard destination == .held, let current, case .replaced(let replace, _) = changes[current].change else {
            return
        }
        let value = held.trimmingJSONWhiteSpace
        held = []
        guard !value.isEmpty, let new = replace(RawJSON(unchecked: value)) else { return }
        append(changes[current].name, new, &output)
    }

    private mutating func end(_ output: inout [UInt8]) {
        for (index, (name, change)) in changes.enumerated() where !seen.contains(index) {
            switch change {
            case .addedLast(let value), .replaced(_, .some(let value)): append(name, value, &output)
            case .removed, .first, .replaced(_, .none): break
            }
        }
        state = .rest
    }
}

extension [UInt8] {
    fileprivate var trimmingJSONWhiteSpace: ArraySlice<UInt8> {
        guard let first = firstIndex(where: { !$0.isJSONWhiteSpace }),
            let last = lastIndex(where: { !$0.isJSONWhiteSpace })
        else { return [] }
        return self[first...last]
    }
}
