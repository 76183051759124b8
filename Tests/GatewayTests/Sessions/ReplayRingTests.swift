import Testing

@testable import Gateway

@Suite("Replay ring")
struct ReplayRingTests {
    private func ring(maxBytes: Int, _ messages: String...) -> ReplayRing {
        var ring = ReplayRing(maxBytes: maxBytes)
        for message in messages { _ = ring.append(Array(message.utf8)) }
        return ring
    }

    private func texts(_ ring: ReplayRing, after number: Int) -> [String]? {
        ring.messages(after: number)?.messages.map { "\($0.number)\(String(decoding: $0.message, as: UTF8.self))" }
    }

    @Test("what came after a message comes back in order, with the numbers it had")
    func order() {
        let ring = ring(maxBytes: 100, "a", "b", "c")
        #expect(texts(ring, after: 0) == ["1a", "2b", "3c"])
        #expect(texts(ring, after: 2) == ["3c"])
        #expect(texts(ring, after: 3) == [])
    }

    @Test("the oldest give way, and that something is missing is known")
    func bound() throws {
        let ring = ring(maxBytes: 2, "a", "b", "c")
        #expect(texts(ring, after: 0) == ["2b", "3c"])
        #expect(try #require(ring.messages(after: 0)).isComplete == false)
        #expect(try #require(ring.messages(after: 1)).isComplete)
    }

    @Test("a message larger than the bound is not kept, nor what was before it")
    func tooLarge() throws {
        var ring = ring(maxBytes: 3, "a", "long")
        #expect(texts(ring, after: 0) == [])
        #expect(try #require(ring.messages(after: 1)).isComplete == false)
        let number = ring.append(Array("b".utf8))
        #expect(number == 3)
        #expect(texts(ring, after: 2) == ["3b"])
        #expect(try #require(ring.messages(after: 2)).isComplete)
    }

    @Test("a message that is counted only is lost to whoever comes back")
    func skipped() throws {
        var ring = ring(maxBytes: 100, "a")
        ring.skip()
        #expect(texts(ring, after: 0) == [])
        #expect(try #require(ring.messages(after: 1)).isComplete == false)
        #expect(try #require(ring.messages(after: 2)).isComplete)
    }

    @Test("a number that was never given is unknown", arguments: [-1, 4, .max, .min])
    func unknown(number: Int) {
        #expect(ring(maxBytes: 100, "a", "b", "c").messages(after: number) == nil)
    }
}
