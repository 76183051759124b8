import MCPProtocol
import Testing

@Suite("Messages of initialize")
struct InitializeTests {
    @Test("a request is read, and written in the form of its revision")
    func request() throws {
        let params = try RawJSON(
            validating:
                #"{"capabilities":{"x":1.0},"clientInfo":{"name":"c","version":"1","title":"C","extra":1},"protocolVersion":"2099-01-01"}"#
        )
        let request = try InitializeRequest(params: params)
        #expect(request.protocolVersion == "2099-01-01")
        #expect(request.capabilities.text == #"{"x":1.0}"#)
        #expect(request.clientInfo == Implementation(name: "c", version: "1", title: "C"))
        let written = InitializeRequest(
            protocolVersion: .v2025_06_18, capabilities: .emptyObject,
            clientInfo: Implementation(name: "g", version: "2", title: "G", description: "D", websiteURL: "https://e.x")
        )
        #expect(
            String(decoding: written.encode(), as: UTF8.self)
                == #"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"g","title":"G","version":"2"}}"#
        )
    }

    @Test("a result is read back as it was written")
    func result() throws {
        let result = InitializeResult(
            protocolVersion: .v2025_11_25, capabilities: try RawJSON(validating: #"{"tools":{}}"#),
            serverInfo: Implementation(name: "s", version: "", title: "S", description: "D", websiteURL: "W"),
            instructions: "Line\nline")
        #expect(try InitializeResult(result: RawJSON(validating: result.encode())) == result)
    }

    @Test("what is missing is tolerated where it does no harm, and named where it does")
    func sloppy() throws {
        let bare = try InitializeResult(result: RawJSON(validating: #"{"protocolVersion":"2024-11-05"}"#))
        #expect(bare.capabilities == .emptyObject)
        #expect(bare.serverInfo == Implementation(name: "", version: ""))
        #expect(bare.instructions == nil)
        func error(_ text: String) throws -> String? {
            let raw = try RawJSON(validating: text)
            return #expect(throws: MessageError.self) { try InitializeResult(result: raw) }?.description
        }
        #expect(try error("[]") == "result must be an object")
        #expect(try error(#"{"protocolVersion":1}"#) == "result.protocolVersion must be a string")
        #expect(try error(#"{"protocolVersion":"x","capabilities":[]}"#) == "result.capabilities must be an object")
        #expect(throws: MessageError(path: "params", fact: "must be an object")) { try InitializeRequest(params: nil) }
    }
}
