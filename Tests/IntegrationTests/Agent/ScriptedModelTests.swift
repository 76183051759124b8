import Glibc
import TestSupport
import Testing

@Suite("The scripted model server")
struct ScriptedModelTests {
    @Test("SIGTERM ends it in order")
    func ends() async throws {
        try await RunningProcess.with(.built("scripted-llm")) { model in
            _ = try await model.line("line that says where it listens") { $0.hasPrefix("listening on ") }
            model.send(signal: SIGTERM)
            #expect(try await model.exit() == .code(0))
        }
    }
}
