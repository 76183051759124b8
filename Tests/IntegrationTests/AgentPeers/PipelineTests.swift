import TestSupport
import Testing

/// The agent's commands as scripts have them: between pipes.
@Suite("The agent in a pipeline", .serialized)
struct PipelineTests {
    /// Runs a line of shell to its end.
    private func shell(_ line: String) async throws -> Command {
        try await RunningProcess.with(.init("/bin/sh", ["-c", line])) { process in
            process.closeInput()
            let exit = try await process.exit()
            return Command(exit: exit, output: process.standardOutput.text, errors: process.standardError.text)
        }
    }

    @Test("without a terminal the answer is all there is on standard output, and nothing has colour")
    func piped() async throws {
        try await CommandPlace.with { place in
            let run = try await shell(
                #"printf 'call ref__echo {"message":"h\303\251"}\ncall two__fail {"message":"no"}' | "#
                    + place.line(["ask"]))
            #expect(run.exit == .code(0), "\(run.errors)")
            #expect(run.output == "The tools say:\n- hé\n- Error: no\n")
            #expect(!run.errors.contains("\u{1B}") && !run.errors.contains("\r"))
            #expect(run.errors.contains("✗ two__fail"))
            let quiet = try await shell(place.line(["ask", "hello", "--quiet"]))
            #expect(quiet.output == "You said: hello\n" && quiet.errors.isEmpty)
            let lines = try await shell(place.line(["ask", "hello", "--output", "jsonl"]) + " | head -1")
            #expect(try JSONTree(parsing: lines.output)["type"]?.string == "run_start")
        }
    }

    @Test("a run ends when nobody reads its answer any more")
    func readerGone() async throws {
        try await CommandPlace.with { place in
            let run = try await shell(place.line(["ask", "hi"], model: "talkative") + " | head -c 4")
            #expect(run.output == "and ")
            try await place.waitForOutcome("client_closed", at: "talkative")
        }
    }

    @Test("exit codes tell why there is no answer")
    func exitCodes() async throws {
        try await CommandPlace.with { place in
            let limit = try await shell(place.line(["ask", "hi", "--max-turns", "2"], model: "insisting"))
            #expect(limit.exit == .code(3), "\(limit.errors)")
            let slow = try await shell(place.line(["ask", "hi", "--timeout", "300ms"], model: "silent"))
            #expect(slow.exit == .code(3), "\(slow.errors)")
            #expect(slow.output == "Well, \n")
            let usage = try await shell(place.line(["ask", "hi", "--output", "yaml"]))
            #expect(usage.exit == .code(2))
            #expect(usage.errors.split(separator: "\n").count == 1 && usage.output.isEmpty)
            let noModel = try await shell(place.line(["ask", "hi", "--llm-url", "http://127.0.0.1:1/v1"]))
            let noGateway = try await shell(place.line(["ask", "hi", "--gateway-url", "http://127.0.0.1:1"]))
            let check = try await shell(place.line(["check", "--gateway-url", "http://127.0.0.1:1"]))
            let tools = try await shell(place.line(["tools", "--gateway-url", "http://127.0.0.1:1"]))
            for run in [noModel, noGateway, check, tools] { #expect(run.exit == .code(4), "\(run.errors)") }
            let interrupted = try await shell("timeout --signal INT 1 " + place.line(["ask", "hi"], model: "silent"))
            #expect(interrupted.exit == .code(124), "\(interrupted.errors)")
            #expect(interrupted.output == "Well, \n")
        }
    }
}
