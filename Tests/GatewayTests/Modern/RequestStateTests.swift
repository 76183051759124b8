import MCPProtocol
import TestSupport
import Testing

@testable import Gateway

@Suite("Sealed state of a call")
struct RequestStateTests {
    private let secret = Array("0123456789abcdef".utf8)
    private let now = 1_800_000_000

    private let params: RawJSON

    init() throws { params = try Self.json(#"{"name":"t","arguments":{"a":1,"b":[{"x":1,"y":2}]}}"#) }

    private static func json(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }

    private func state(
        _ kind: RequestState.Kind = .parked(id: "p1", keeper: "k1"), affinity: String? = nil
    ) throws -> RequestState {
        RequestState(
            kind: kind, server: "far", principal: "ann", method: "tools/call", target: "t",
            affinity: affinity, digest: try RequestState.digest(of: params), expiry: Int64(now) + 600, round: 3)
    }

    private func sealer(_ secrets: [[UInt8]]? = nil) throws -> RequestStateSealer {
        try RequestStateSealer(secrets: secrets ?? [secret], lifetime: .seconds(600))
    }

    /// Why the state is refused; `nil` when it is taken.
    private func refusal(
        _ text: String, by sealer: RequestStateSealer, principal: String = "ann", method: String = "tools/call",
        target: String = "t", affinity: String? = nil, params: RawJSON?, now: Int? = nil
    ) -> String? {
        do throws(RequestStateSealer.Refusal) {
            _ = try sealer.open(
                text, principal: principal, method: method, target: target, affinity: affinity, params: params,
                now: now ?? self.now)
        } catch {
            return error.reason
        }
        return nil
    }

    @Test(
        "each kind comes back as it was",
        arguments: [
            RequestState.Kind.parked(id: "p1", keeper: "k1"), .relay(serverState: nil), .relay(serverState: ""),
            .relay(serverState: "\u{0}\"\\ä🙂\n"), .visit(keys: []), .visit(keys: ["q1", "q2", "\""]),
            .visit(keys: ["q1"], elicitations: ["\"", "b"]),
            .parked(id: "p1", keeper: "k1", asked: ["q2": "digest", "q1": "other"]),
        ])
    func roundTrip(kind: RequestState.Kind) throws {
        let (sealer, state) = (try sealer(), try state(kind))
        let opened = try sealer.open(
            sealer.seal(state), principal: "ann", method: "tools/call", target: "t", affinity: nil, params: params,
            now: now)
        #expect(opened == state)
    }

    @Test("a server's own state may be large")
    func large() throws {
        let (sealer, state) = (try sealer(), try state(.relay(serverState: String(repeating: "s", count: 1 << 20))))
        #expect(refusal(sealer.seal(state), by: sealer, params: params) == nil)
    }

    @Test("it is visible ASCII without spaces, so that every client can keep it")
    func characters() throws {
        let text = try sealer().seal(try state(.relay(serverState: "ä\n")))
        #expect(text.hasPrefix("gw1."))
        #expect(text.utf8.allSatisfy { 0x21...0x7E ~= $0 })
    }

    @Test("altered at any byte, in any bit that makes a character, it is refused in the same words")
    func altered() throws {
        let sealer = try sealer()
        let bytes = Array(sealer.seal(try state()).utf8)
        var reasons: Set<String?> = []
        for index in bytes.indices {
            for bit in 0..<7 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                reasons.insert(
                    refusal(String(decoding: changed, as: UTF8.self), by: sealer, params: params))
            }
            var shorter = bytes
            shorter.remove(at: index)
            reasons.insert(refusal(String(decoding: shorter, as: UTF8.self), by: sealer, params: params))
            var longer = bytes
            longer.insert(bytes[index], at: index)
            reasons.insert(refusal(String(decoding: longer, as: UTF8.self), by: sealer, params: params))
        }
        #expect(reasons == ["was not made by this gateway, or was altered"])
    }

    @Test(
        "what is no state at all is refused",
        arguments: ["", ".", "gw1.", "gw1..", "gw1.e30.", "gw1.e30.AAAA", "gw2.e30.e30", "eyJ9", "\u{0}", "gw1.💥.💥"])
    func garbage(text: String) throws {
        let sealer = try sealer()
        #expect(refusal(text, by: sealer, params: params)?.contains("altered") == true)
    }

    @Test("random texts are refused")
    func random() throws {
        var generator = SeededGenerator(seed: 28)
        let sealer = try sealer()
        let alphabet = Array("ABCabc019-_.=gw ".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...120, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            let text = "gw1." + String(decoding: bytes, as: UTF8.self)
            #expect(refusal(text, by: sealer, params: params) != nil)
        }
    }

    @Test("it is good until it expires")
    func expiry() throws {
        let sealer = try sealer()
        let text = sealer.seal(try state())
        #expect(refusal(text, by: sealer, params: params, now: now + 599) == nil)
        #expect(refusal(text, by: sealer, params: params, now: now + 600)?.contains("expired") == true)
        #expect(refusal(text, by: sealer, params: params, now: .max) != nil)
    }

    @Test(
        "a state is never over before the time it was promised for",
        arguments: [.milliseconds(100), .milliseconds(999), .seconds(1), .milliseconds(1500), .seconds(600)]
            as [Duration])
    func lifetime(limit: Duration) throws {
        let sealer = try RequestStateSealer(secrets: [secret], lifetime: limit)
        // The clock's seconds are cut off: a state made at the end of one has lived almost a second at the next.
        let whole = Int(limit.components.seconds)
        #expect(sealer.expiry(now: now) > Int64(now + whole))
    }

    @Test("it is good for the request it was made for only")
    func bound() throws {
        let sealer = try sealer()
        let text = sealer.seal(try state())
        let other = "belongs to another request"
        #expect(refusal(text, by: sealer, principal: "eve", params: params) == other)
        #expect(refusal(text, by: sealer, principal: "", params: params) == other)
        #expect(refusal(text, by: sealer, method: "prompts/get", params: params) == other)
        #expect(refusal(text, by: sealer, target: "u", params: params) == other)
        #expect(refusal(text, by: sealer, params: nil) == other)
        for changed in [
            #"{"name":"t","arguments":{"a":2,"b":[{"x":1,"y":2}]}}"#, #"{"name":"t","arguments":{}}"#,
            #"{"name":"t","arguments":{"a":1,"b":[{"x":1,"y":2}],"c":null}}"#, #"{"name":"t"}"#,
            #"{"name":"t","arguments":{"a":"1","b":[{"x":1,"y":2}]}}"#,
            #"{"name":"t","arguments":{"a":1,"b":[{"x":1,"y":2}]},"task":{}}"#,
        ] {
            let params = try Self.json(changed)
            #expect(refusal(text, by: sealer, params: params) == other, "\(changed)")
        }
    }

    @Test("a run's state is good for requests of that run only, and says so", arguments: [nil, "run-1", "\u{0}\"ä"])
    func boundToAffinity(affinity: String?) throws {
        let sealer = try sealer()
        let text = sealer.seal(try state(affinity: affinity))
        #expect(refusal(text, by: sealer, affinity: affinity, params: params) == nil)
        for other in [nil, "run-2", "run-1", "run-1 "] where other != affinity {
            #expect(
                refusal(text, by: sealer, affinity: other, params: params)
                    == #"belongs to a request with another _meta["mcp-gateway/affinity"], or with none"#)
        }
    }

    @Test(
        "the order of members, white space, and what differs from round to round do not matter",
        arguments: [
            #"{"arguments":{"b":[{"y":2,"x":1}],"a":1},"name":"t"}"#,
            #" { "name" : "t" , "arguments" : { "a" : 1 , "b" : [ { "x" : 1 , "y" : 2 } ] } } "#,
            #"{"name":"t","arguments":{"a":1,"b":[{"x":1,"y":2}]},"_meta":{"progressToken":9},"requestState":"s","inputResponses":{}}"#,
            #"{"name":"\u0074","arguments":{"a":1,"b":[{"x":1,"y":2}]}}"#,
        ])
    func sameRequest(text: String) throws {
        let (sealer, sealed, params) = (try sealer(), try state(), try Self.json(text))
        #expect(refusal(sealer.seal(sealed), by: sealer, params: params) == nil)
    }

    @Test("the order of elements does matter")
    func order() throws {
        let digests = try ["[1,2]", "[2,1]"].map { try RequestState.digest(of: try Self.json("{\"arguments\":\($0)}")) }
        #expect(Set(digests).count == 2)
    }

    @Test("params that are missing are the same as none")
    func none() throws {
        let digests = [try RequestState.digest(of: nil), try RequestState.digest(of: try Self.json(#"{"_meta":{}}"#))]
        #expect(Set(digests).count == 1)
    }

    @Test("a key is good for what it signed, also behind a newer one, and no other is")
    func keys() throws {
        let other = Array("fedcba9876543210".utf8)
        let (old, new, rotated) = (try sealer(), try sealer([other]), try sealer([other, secret]))
        let state = try state()
        let text = old.seal(state)
        #expect(refusal(text, by: rotated, params: params) == nil)
        #expect(refusal(text, by: new, params: params)?.contains("altered") == true)
        // The newest signs.
        let newer = rotated.seal(state)
        #expect(refusal(newer, by: new, params: params) == nil)
        #expect(refusal(newer, by: old, params: params) != nil)
        // Without one, it is good for this process.
        let (own, foreign) = (try sealer([]), try sealer([]))
        #expect(refusal(own.seal(state), by: own, params: params) == nil)
        #expect(refusal(own.seal(state), by: foreign, params: params) != nil)
        #expect(own.keeper != foreign.keeper)
    }
}
