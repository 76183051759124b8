import Foundation
import MCPProtocol
import Testing

@Suite("The JSON grammar")
struct GrammarTests {
    @Test("valid texts are accepted", arguments: GrammarCases.accepted + GrammarCases.acceptedByChoice)
    func accepts(text: String) throws {
        let value = try RawJSON(validating: text)
        #expect(Array(text.utf8).contains(Array(value.bytes)))
        // A tree made of it and written again is the same tree.
        let tree = JSONValue(value)
        #expect(try JSONValue(parsing: tree.serialized()) == tree)
        #expect(try JSONValue(parsing: tree.prettyPrinted()) == tree)
    }

    @Test("invalid texts are rejected", arguments: GrammarCases.rejected)
    func rejects(text: String) {
        let error = #expect(throws: JSONError.self) { try RawJSON(validating: text) }
        #expect((0...text.utf8.count).contains(error?.offset ?? -1))
    }

    @Test("bytes that are not UTF-8 are rejected", arguments: GrammarCases.rejectedBytes)
    func rejects(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try RawJSON(validating: bytes) }
    }

    @Test("every proper prefix of an object or array is incomplete, not wrong", arguments: GrammarCases.accepted)
    func prefixes(text: String) throws {
        let bytes = Array(text.utf8)
        guard let first = bytes.first(where: { $0 > 0x20 }), first == 0x7B || first == 0x5B else { return }
        let value = try RawJSON(validating: bytes)
        for end in 0..<value.bytes.endIndex {
            let error = #expect(throws: JSONError.self) { try RawJSON(validating: bytes[..<end]) }
            #expect(error == JSONError(.unexpectedEnd, offset: end))
        }
    }

    @Test("random changes never crash, and the verdict is the one of Foundation's parser", arguments: 0..<8)
    func agreesWithFoundation(seed: UInt64) {
        var mutator = Mutator(seed: seed, corpus: GrammarCases.all + MessageSamples.all)
        var compared = 0
        for _ in 0..<1500 {
            let bytes = mutator.next()
            let verdict = (try? RawJSON(validating: bytes)) != nil
            guard Self.isComparable(bytes) else { continue }
            compared += 1
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            #expect(verdict == theirs, "\(String(decoding: bytes, as: UTF8.self)) \(bytes)")
        }
        #expect(compared > 500)
    }

    @Test("random changes never crash what looks into a value", arguments: 0..<4)
    func walksMutations(seed: UInt64) throws {
        var mutator = Mutator(seed: seed &+ 100, corpus: MessageSamples.all)
        var walked = 0
        for _ in 0..<1500 {
            let bytes = mutator.next()
            // What the validator refused must still be safe to look into.
            let value = (try? RawJSON(validating: bytes)) ?? RawJSON(unchecked: bytes[...])
            walked += Self.walk(value)
            let spliced = value.replacingMembers([("id", Array("7".utf8)), ("params", nil), ("x", Array("[]".utf8))])
            if (try? RawJSON(validating: bytes)) != nil, value.kind == .object {
                let result = try RawJSON(validating: spliced)
                #expect(result.member("id")?.intValue == 7)
                #expect(result.member("params") == nil)
                #expect(!result.hasDuplicate(of: "id", "x"))
                let untouched: (_ value: RawJSON) -> [String] = { value in
                    value.members.filter { !["id", "params", "x"].contains($0.name) }.map { $0.name + $0.value.text }
                }
                #expect(untouched(result) == untouched(value))
            }
        }
        #expect(walked > 1500)
    }

    /// Foundation recognizes other encodings and byte order marks, refuses lone surrogates, may read numbers too large
    /// for a `Double` differently, and overlooks a comma before a closing bracket.
    private static func isComparable(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0), bytes.first != 0xEF else {
            return false
        }
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        if text.contains(#"\ud"#) { return false }
        if text.firstMatch(of: /,\s*[}\]]/) != nil { return false }
        // More than two digits of exponent, or a very long number.
        if text.firstMatch(of: /e[+-]?[0-9]{3,}/) != nil || text.firstMatch(of: /[0-9]{30,}/) != nil { return false }
        return true
    }

    /// Looks at everything in a value; the number of values seen.
    private static func walk(_ value: RawJSON) -> Int {
        var count = 1
        _ = (value.stringValue, value.intValue, value.doubleValue, value.boolValue, value.text)
        _ = value.member("a")
        // An unvalidated walk may find less than there is, never more than there are bytes, but nesting is unbounded.
        for element in value.elements where element.bytes.count < value.bytes.count { count += walk(element) }
        for member in value.members where member.value.bytes.count < value.bytes.count { count += walk(member.value) }
        return count
    }
}
