import TestSupport
import Testing

@testable import Gateway

@Suite("Order of ended calls")
struct EndedCallsTests {
    @Test("however many are forgotten early, the oldest of the others comes first", arguments: UInt64(0)..<8)
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var calls = EndedCalls()
        var expected: [String] = []
        for number in 0..<2000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let id = "call-\(number)"
                calls.append(id)
                expected.append(id)
            case 5..<8:
                guard let index = expected.indices.randomElement(using: &random) else {
                    let found = calls.remove("nobody")
                    #expect(!found)
                    continue
                }
                let id = expected.remove(at: index)
                #expect(calls.contains(id))
                let wasThere = calls.remove(id)
                #expect(wasThere)
                #expect(!calls.contains(id))
                let isThere = calls.remove(id)
                #expect(!isThere)
            default:
                let oldest = calls.removeOldest()
                #expect(oldest == (expected.isEmpty ? nil : expected.removeFirst()))
            }
            #expect(calls.count == expected.count)
        }
    }

    @Test("one that stays does not keep the places of those that came after it")
    func holes() {
        var calls = EndedCalls()
        calls.append("stays")
        for number in 0..<10_000 {
            calls.append("\(number)")
            let wasThere = calls.remove("\(number)")
            #expect(wasThere)
        }
        #expect(calls.heldPlaces < 100)
        let oldest = calls.removeOldest()
        #expect(oldest == "stays")
        let none = calls.removeOldest()
        #expect(none == nil)
    }
}
