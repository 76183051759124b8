import MCPProtocol
import Testing

@Suite("The streaming JSON scanner")
struct JSONStreamScannerTests {
    /// What a run over pieces of a text came to.
    struct Outcome: Equatable {
        var error: JSONError?
        var passed: [String] = []
        var members: [String] = []
    }

    static func scan(
        _ pieces: [ArraySlice<UInt8>], passing: Set<String> = ["result"], limits: JSONLimits = .default,
        maxMemberBytes: Int = 64 << 10
    ) -> Outcome {
        var outcome = Outcome()
        var open: [UInt8]?
        var scanner = JSONStreamScanner(passing: passing, limits: limits, maxMemberBytes: maxMemberBytes)
        do {
            for piece in pieces {
                try scanner.feed(piece) { event in
                    switch event {
                    case .passingBegan: open = []
                    case .bytes(let bytes): open?.append(contentsOf: bytes)
                    case .passingEnded(let name):
                        outcome.passed.append("\(name)=\(String(decoding: open ?? [], as: UTF8.self))")
                        open = nil
                    case .member(let name, let value): outcome.members.append("\(name)=\(value.text)")
                    }
                }
            }
            try scanner.finish()
        } catch {
            outcome.error = error
        }
        return outcome
    }

    static func cut(_ text: [UInt8], by size: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: text.count, by: size).map { text[$0..<min($0 + size, text.count)] }
    }

    /// What the validator makes of the same text.
    static func expected(_ text: [UInt8]) -> Outcome {
        do {
            let value = try RawJSON(validating: text)
            guard value.kind == .object else {
                return Outcome(error: JSONError(.notAnObject, offset: value.bytes.startIndex))
            }
            var outcome = Outcome()
            for (name, value) in value.members {
                if name == "result" {
                    outcome.passed.append("\(name)=\(value.text)")
                } else {
                    outcome.members.append("\(name)=\(value.text)")
                }
            }
            return outcome
        } catch {
            return Outcome(error: error)
        }
    }

    /// Whether the scanner's outcome is the validator's. What was reported before an error is not compared, and a
    /// text that does not begin with `{` is refused earlier.
    static func agree(_ ours: Outcome, _ theirs: Outcome) -> Bool {
        if ours.error?.kind == .notAnObject { return theirs.error != nil }
        return theirs.error == nil ? ours == theirs : ours.error == theirs.error
    }

    @Test("passes a member on and collects the others, wherever the text is cut", arguments: MessageSamples.all)
    func everyCut(text: [UInt8]) {
        let expected = Self.expected(text)
        for position in 0...text.count {
            let outcome = Self.scan([text[..<position], text[position...]])
            #expect(Self.agree(outcome, expected), "cut at \(position): \(outcome)")
        }
        for size in [1, 2, 3, 7, 8, 9] {
            #expect(Self.agree(Self.scan(Self.cut(text, by: size)), expected), "pieces of \(size)")
        }
    }

    @Test("gives the validator's verdict on all corners of the grammar", arguments: [1, 3, 1000])
    func grammar(size: Int) {
        for text in GrammarCases.all {
            for text in [
                text, Array("{\"result\":".utf8) + text + [0x7D], Array("{\"k\":[".utf8) + text + Array("]}".utf8),
            ] {
                let outcome = Self.scan(Self.cut(text, by: size))
                #expect(
                    Self.agree(outcome, Self.expected(text)),
                    "\(String(decoding: text, as: UTF8.self)): \(outcome) \(Self.expected(text))")
            }
        }
    }

    @Test("gives the validator's verdict on random changes, cut at random", arguments: 0..<6)
    func mutations(seed: UInt64) {
        var mutator = Mutator(seed: seed &+ 500, corpus: MessageSamples.all)
        for _ in 0..<1500 {
            let text = mutator.next()
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < text.count {
                let end = min(text.count, start + 1 + mutator.random(below: 40))
                pieces.append(text[start..<end])
                start = end
            }
            let (outcome, expected) = (Self.scan(pieces), Self.expected(text))
            #expect(
                Self.agree(outcome, expected), "\(String(decoding: text, as: UTF8.self)): \(outcome) \(expected)")
        }
    }

    @Test("passes bytes on as slices of what it was given, as soon as they come")
    func passesAtOnce() throws {
        var scanner = JSONStreamScanner(passing: ["result", "error"])
        var events: [JSONStreamScanner.Event] = []
        let first = Array(#"{"id":1,"result" : [1,"ab"#.utf8)
        try scanner.feed(first[...]) { events.append($0) }
        #expect(
            events == [
                .member("id", try RawJSON(validating: "1")), .passingBegan("result"), .bytes(first[19...]),
            ])
        events = []
        let second = Array("c\"] , ".utf8)
        try scanner.feed(second[...]) { events.append($0) }
        #expect(events == [.bytes(second[..<3]), .passingEnded("result")])
        #expect(!scanner.isComplete)
        events = []
        try scanner.feed(Array("\"e\\u0072ror\":-1.5e3}".utf8)[...]) { events.append($0) }
        #expect(events.first == .passingBegan("error"))
        #expect(events.last == .passingEnded("error"))
        #expect(scanner.isComplete)
        try scanner.finish()
    }

    @Test("bounds what it collects, but not what it passes on")
    func bounds() {
        let long = String(repeating: "x", count: 100)
        let passed = Self.scan([Array("{\"result\":\"\(long)\",\"id\":1}".utf8)[...]], maxMemberBytes: 10)
        #expect(passed.error == nil)
        #expect(passed.members == ["id=1"])
        let collected = Self.scan(Self.cut(Array("{\"other\":\"\(long)\"}".utf8), by: 7), maxMemberBytes: 10)
        #expect(collected.error?.kind == .memberTooLarge(limit: 10))
        let name = Self.scan(Self.cut(Array("{\"\(long)\":1}".utf8), by: 7), maxMemberBytes: 10)
        #expect(name.error?.kind == .memberTooLarge(limit: 10))
        let text = Self.scan(
            Self.cut(Array("{\"result\":\"\(long)\"}".utf8), by: 7), limits: JSONLimits(maxBytes: 50))
        #expect(text.error == JSONError(.tooLarge(limit: 50), offset: 50))
        let deep = Self.scan(Self.cut(Array("{\"result\":[[[]]]}".utf8), by: 1), limits: JSONLimits(maxDepth: 3))
        #expect(deep.error == JSONError(.tooDeep(limit: 3), offset: 12))
    }

    @Test("an error stays")
    func errorStays() {
        var scanner = JSONStreamScanner(passing: [])
        let error = JSONError(.unexpectedByte(0x78), offset: 1)
        #expect(throws: error) { try scanner.feed(Array("{x".utf8)[...]) { _ in } }
        #expect(throws: error) { try scanner.feed(Array("{}".utf8)[...]) { _ in } }
        #expect(throws: error) { try scanner.finish() }
    }
}
