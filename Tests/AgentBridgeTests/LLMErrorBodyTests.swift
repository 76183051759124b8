import MCPProtocol
import Testing

@testable import AgentBridge

struct LLMErrorBodyTests {
    private func code(_ error: String, status: Int = 400) throws -> String? {
        LLMErrorBody.failure(
            status: status, headers: [:], body: Array(#"{"error":\#(error)}"#.utf8), now: 0
        ).code
    }

    @Test(
        "a conversation that is too long is known by whatever a server says about it",
        arguments: [
            #"{"message":"…","type":"invalid_request_error","code":"context_length_exceeded"}"#,
            #"{"message":"This model's maximum context length is 4096 tokens. However, …","code":400}"#,
            #"{"code":400,"message":"request (9000 tokens) exceeds the available context size (4096 tokens)"}"#,
            #"{"code":400,"message":"too many tokens","type":"exceed_context_size_error"}"#,
            #"{"message":"litellm.ContextWindowExceededError: litellm.BadRequestError: …","code":"400"}"#,
        ])
    func tooLong(error: String) throws {
        #expect(try code(error) == "context_length_exceeded")
    }

    @Test("other refusals keep their code, and failures of a server are not refusals")
    func others() throws {
        #expect(try code(#"{"message":"bad","code":"content_filter"}"#) == "content_filter")
        #expect(try code(#"{"message":"bad","code":400}"#) == "400")
        #expect(try code(#"{"message":"maximum context length","code":"oops"}"#, status: 500) == "oops")
    }
}
