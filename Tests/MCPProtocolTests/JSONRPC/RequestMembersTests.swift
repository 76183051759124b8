import Testing

@testable import MCPProtocol

@Suite("Members of a request's params")
struct RequestMembersTests {
    static let corpus =
        WildModernMessageTests.corpus + [
            #"{"uri":"u","taskId":"t","task":{},"name":1,"n\u0061me":"n","_meta":[],"more":{"name":"inner"}}"#,
            #"{"_met\u0061":{"progressToken":"p","progressToken":null,"mcp-gateway/affinity":"a","k":1},"requestState":null}"#,
        ]

    @Test("are those that looking for each one finds", arguments: 0..<8)
    func found(seed: UInt64) throws {
        var mutator = Mutator(seed: seed, corpus: Self.corpus.map { Array($0.utf8) })
        for _ in 0..<300 {
            guard let params = try? RawJSON(validating: mutator.next()) else { continue }
            let members = RequestMembers(params)
            for name in RequestMembers.Name.allCases {
                #expect(members[name] == params.member("\(name.text)"))
                #expect(members.has(name) == (members[name] != nil))
            }
            let meta = params.member("_meta").flatMap { $0.kind == .object ? $0 : nil }
            #expect((members.meta != nil) == (meta != nil))
            #expect(members.meta?.version == meta?.member(MetaKey.protocolVersion))
            #expect(members.meta?.capabilities == meta?.member(MetaKey.clientCapabilities))
            #expect(members.meta?.info == meta?.member(MetaKey.clientInfo))
            #expect(members.meta?.level == meta?.member(MetaKey.logLevel))
            #expect(members.meta?.affinity == meta?.member(MetaKey.affinity))
            let token = meta?.member(MetaKey.progressToken)
            #expect(members.meta?.progressToken == (token?.kind == .string || token?.kind == .number ? token : nil))
        }
    }

    @Test("that are there twice are refused, whichever of them is asked about", arguments: RequestMembers.Name.allCases)
    func repeated(name: RequestMembers.Name) throws {
        let members = RequestMembers(try RawJSON(validating: #"{"\#(name.text)":1,"x":0,"\#(name.text)":2}"#))
        #expect(members[name]?.text == "2")
        #expect(throws: MessageError(path: "params.\(name.text)", fact: "appears more than once")) {
            try members.refuseRepeated(name)
        }
        for other in RequestMembers.Name.allCases where other != name { try members.refuseRepeated(other) }
    }

    @Test("what is no object has none", arguments: ["[]", "1", #""name""#, "null"])
    func none(text: String) throws {
        let members = RequestMembers(try RawJSON(validating: text))
        #expect(RequestMembers.Name.allCases.allSatisfy { !members.has($0) })
        #expect(members.meta == nil)
    }

    @Test("of a call go on in one copy as they would step by step", arguments: 0..<8)
    func forwarded(seed: UInt64) throws {
        let calls = [
            WildModernMessageTests.corpus[0], WildModernMessageTests.corpus[2], #"{"name":"t"}"#,
            #"{ "_meta" : { "progressToken" : "p" } , "name":"t" }"#,
            #"{"name":"t","_meta":{"progressToken":1,"traceparent":"00-0-0-00"},"requestState":"s"}"#,
            #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","mcp-gateway/affinity":"a"},"name":"t"}"#,
        ]
        var mutator = Mutator(seed: seed, corpus: calls.map { Array($0.utf8) })
        let info = try RawJSON(validating: #"{"name":"n"}"#)
        let description = SelfDescription.members(
            capabilities: .emptyObject, clientInfo: info, logLevel: "info", affinity: "x")
        for _ in 0..<300 {
            guard let value = try? RawJSON(validating: mutator.next()), let params = try? CallToolParams(value) else {
                continue
            }
            let bare = RawJSON(
                unchecked: params.forwarded(quotedName: JSONWriter.quote("own"), progressToken: 7)[...])

            let modern = params.forwarded(
                quotedName: JSONWriter.quote("own"),
                to: NextHop(progressToken: 7, revision: .v2026_07_28, selfDescription: description))
            let expected = bare.requestParams(
                capabilities: .emptyObject, clientInfo: info, logLevel: "info", affinity: "x")
            if modern.isOfItsHop {
                try expectSame(modern.bytes, expected)
            } else {
                #expect(modern.bytes == Array(bare.bytes))
            }

            let legacy = params.forwarded(
                quotedName: JSONWriter.quote("own"), to: NextHop(progressToken: 7, revision: .v2025_11_25))
            let describesItself = RequestMembers(value).meta?.hasVersion == true
            try expectSame(
                legacy.bytes, describesItself && legacy.isOfItsHop ? bare.withoutSelfDescription : bare)
        }
    }

    private func expectSame(_ bytes: [UInt8], _ expected: RawJSON) throws {
        let sent = try RawJSON(validating: bytes)
        #expect(JSONValue(sent).canonical == JSONValue(expected).canonical, "\(sent) instead of \(expected)")
        #expect(sent.members.map(\.name).sorted() == expected.members.map(\.name).sorted())
    }
}
