import MCPProtocol
import Testing

@Suite("The line framer")
struct LineFramerTests {
    /// Feeds `text` in pieces of `size` bytes; the messages, and the failure if there was one.
    static func frame(_ text: [UInt8], by size: Int, max limit: Int = 1 << 20) -> ([String], LineFramer.Failure?) {
        var framer = LineFramer(maxMessageBytes: limit)
        var messages: [String] = []
        do {
            for start in stride(from: 0, to: text.count, by: size) {
                framer.append(text[start..<min(start + size, text.count)])
                while let message = try framer.next() { messages.append(String(decoding: message, as: UTF8.self)) }
            }
        } catch {
            return (messages, error)
        }
        return (messages, nil)
    }

    @Test("a message arrives whole however its bytes are cut", arguments: 1...40)
    func reassembles(size: Int) {
        let text = Array("{\"id\":1}\n\n{\"id\":2,\"x\":\"é\"}\r\n\r\n12345678\n1234567\r\n a\rb \n\nunfinished".utf8)
        let expected = ["{\"id\":1}", "{\"id\":2,\"x\":\"é\"}", "12345678", "1234567", " a\rb "]
        let (messages, failure) = Self.frame(text, by: size)
        #expect(messages == expected)
        #expect(failure == nil)
    }

    @Test("a cut anywhere in two changes nothing")
    func everyCut() throws {
        let text = Array("\r\n{\"id\":1}\r\n{\"method\":\"some/longer\"}\n\n[]\n".utf8)
        for position in 0...text.count {
            var framer = LineFramer()
            var messages: [String] = []
            for piece in [text[..<position], text[position...]] {
                piece.withUnsafeBytes { framer.append($0) }
                while let message = try framer.next() { messages.append(String(decoding: message, as: UTF8.self)) }
            }
            #expect(messages == ["{\"id\":1}", "{\"method\":\"some/longer\"}", "[]"])
            #expect(framer.bufferedCount == 0)
        }
    }

    @Test("the limit holds for the message without its line break, however it is cut", arguments: 1...14)
    func limit(size: Int) {
        for lineBreak in ["\n", "\r\n"] {
            let fits = Self.frame(Array("0123456789\(lineBreak)x\(lineBreak)".utf8), by: size, max: 10)
            #expect(fits.0 == ["0123456789", "x"])
            #expect(fits.1 == nil)
            let tooLong = Self.frame(Array("ok\(lineBreak)0123456789a\(lineBreak)x\n".utf8), by: size, max: 10)
            #expect(tooLong.0 == ["ok"])
            #expect(tooLong.1 == .tooLong(limit: 10))
        }
        #expect(Self.frame(Array("0123456789\r\r".utf8), by: size, max: 10).1 == .tooLong(limit: 10))
    }

    @Test("is unusable after a line that was too long")
    func staysFailed() {
        var framer = LineFramer(maxMessageBytes: 4)
        framer.append(Array("12345".utf8))
        #expect(throws: LineFramer.Failure.tooLong(limit: 4)) { try framer.next() }
        framer.append(Array("\nok\n".utf8))
        #expect(throws: LineFramer.Failure.tooLong(limit: 4)) { try framer.next() }
        #expect(framer.bufferedCount == 0)
        #expect(LineFramer.Failure.tooLong(limit: 4).description == "line longer than 4 bytes")
    }

    @Test("messages that are kept stay what they were while more arrive")
    func keptMessages() throws {
        var framer = LineFramer()
        var kept: [ArraySlice<UInt8>] = []
        var expected: [String] = []
        for number in 0..<200 {
            // Pieces that begin and end in the middle of messages.
            framer.append(Array("\(number)\nmessage number \(number) ".utf8))
            framer.append(Array("ends\n".utf8))
            while let message = try framer.next() { kept.append(message) }
            expected += ["\(number)", "message number \(number) ends"]
        }
        #expect(kept.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test("messages not taken at once are not lost")
    func undrained() throws {
        var framer = LineFramer()
        var messages: [String] = []
        for number in 0..<100 {
            framer.append(Array("a\(number)\nb\(number)\nc".utf8))
            if let message = try framer.next() { messages.append(String(decoding: message, as: UTF8.self)) }
        }
        while let message = try framer.next() { messages.append(String(decoding: message, as: UTF8.self)) }
        var expected: [String] = []
        for number in 0..<100 { expected += [number == 0 ? "a0" : "ca\(number)", "b\(number)"] }
        #expect(messages == expected)
        #expect(framer.bufferedCount == 1)
    }

    @Test("random lines cut at random are those a simple split gives", arguments: 0..<4)
    func random(seed: UInt64) {
        var random = Mutator(seed: seed, corpus: [])
        for _ in 0..<500 {
            let alphabet = Array("aaaaaaa{\r\n".utf8)
            let text = (0..<random.random(below: 120)).map { _ in alphabet[random.random(below: alphabet.count)] }
            var expected = text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
                .map { String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self) }
            expected.removeAll(where: \.isEmpty)
            #expect(Self.frame(text, by: 1 + random.random(below: 30)).0 == expected)
        }
    }

    @Test("a message is sent as one line, whatever its spacing")
    func sending() throws {
        let message = Array("{\r\n  \"a\": \"x\\ny\",\n  \"b\": [1,\n2]\n}\n".utf8)
        let line = LineFramer.line(of: message)
        #expect(line.count == message.count + 1)
        var framer = LineFramer()
        framer.append(line)
        let received = try #require(try framer.next())
        #expect(try JSONValue(parsing: received) == JSONValue(parsing: message))
        #expect(try framer.next() == nil)
    }
}
