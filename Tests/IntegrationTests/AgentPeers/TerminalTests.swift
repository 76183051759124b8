import Foundation
import TestSupport
import Testing

/// The agent's commands as a person has them: in a terminal.
@Suite("The agent in a terminal", .serialized)
struct TerminalTests {
    private static let echo = #"call ref__echo {"message":"one two three four five six seven"}"#

    @Test("a narrow terminal shows calls, answer and summary, each on lines of its own", arguments: [24, 100])
    func ask(columns: Int) async throws {
        try await CommandPlace.with { place in
            try await TerminalSession.with(place.command(["ask", Self.echo]), columns: columns) { terminal in
                #expect(try await terminal.exitCode() == 0)
                let lines = try await terminal.screen()
                try #require(lines.count == 5, "\(lines)")
                #expect(lines[0] == #"→ ref__echo {"message":"one two three four five six seven"}"#)
                #expect(lines[1].hasPrefix("✓ ref__echo "))
                #expect(lines[2...3] == ["The tools say:", "- one two three four five six seven"])
                #expect(lines[4].contains("2 turns · 1 tool"))
                let styled = try await terminal.screen(hasStyle: true).joined(separator: "\n")
                #expect(styled.contains("\u{1B}[32m"))
            }
        }
    }

    @Test("the answer goes to a file without a trace of the terminal, which shows the progress")
    func redirected() async throws {
        let directory = try TemporaryDirectory()
        try await CommandPlace.with { place in
            let line = try place.line(["ask", Self.echo, "--no-color"]) + " > '\(directory.path("answer"))'"
            try await TerminalSession.with(["/bin/sh", "-c", line], columns: 40) { terminal in
                #expect(try await terminal.exitCode() == 0)
                #expect(try directory.read("answer") == "The tools say:\n- one two three four five six seven\n")
                let lines = try await terminal.screen(hasStyle: true)
                #expect(lines.count == 3 && lines[0].hasPrefix("→ ref__echo"), "\(lines)")
                #expect(!lines.joined().contains("\u{1B}["))
            }
        }
    }

    @Test("text of others cannot move the cursor")
    func controlCharacters() async throws {
        try await CommandPlace.with { place in
            let question = #"call ref__echo {"message":"a\u001b[2Jb\u0007\u009bc"}"#
            try await TerminalSession.with(place.command(["ask", question])) { terminal in
                #expect(try await terminal.exitCode() == 0)
                let screen = try await terminal.screen().joined(separator: "\n")
                #expect(screen.contains(#"- a\u{1b}[2Jb\u{7}\u{9b}c"#), "\(screen)")
            }
        }
    }

    @Test("Ctrl-C stops a question, its model and its tool", arguments: ["silent", "agent"])
    func interrupted(model: String) async throws {
        try await CommandPlace.with { place in
            let command = try place.command(["ask", "call ref__hang {}"], model: model)
            try await TerminalSession.with(command) { terminal in
                try await terminal.wait(for: "begin") {
                    $0.contains { $0.hasPrefix("Well,") || $0.hasPrefix("→ ref__hang") }
                }
                try await terminal.press("C-c")
                #expect(try await terminal.exitCode() == 130)
                try await place.gateway.waitUntilIdle()
                if model == "silent" { try await place.waitForOutcome("client_closed", at: model) }
            }
        }
    }

    @Test("a conversation goes on after Ctrl-C has stopped an answer, and Ctrl-D leaves it")
    func chat() async throws {
        try await CommandPlace.with { place in
            try await TerminalSession.with(place.command(["chat"]), columns: 60, rows: 40) { terminal in
                try await terminal.wait(forLast: ">")
                try await terminal.enter("good \\")
                try await terminal.wait(forLast: "…")
                try await terminal.enter("morning")
                try await terminal.wait(for: "the answer") { $0.contains("You said: good") && $0.last == ">" }
                try await terminal.enter("call ref__hang {}")
                try await terminal.wait(for: "the call") { $0.last?.hasPrefix("→ ref__hang") == true }
                try await terminal.press("C-c")
                try await terminal.wait(forLast: ">")
                try await place.gateway.waitUntilIdle()
                try await terminal.enter("still there?")
                try await terminal.wait(for: "the answer") { $0.contains("You said: still there?") && $0.last == ">" }
                try await terminal.enter("/nonsense")
                try await terminal.wait(for: "complaint") { $0.contains { $0.contains("unknown command /nonsense") } }
                try await terminal.wait(forLast: ">")
                try await terminal.type("never mind")
                try await terminal.press("C-c")
                try await terminal.wait(for: "warning") { $0.suffix(2) == ["Ctrl-C again leaves.", ">"] }
                try await terminal.enter("and now?")
                try await terminal.wait(for: "the answer") { $0.contains("You said: and now?") && $0.last == ">" }
                try await terminal.press("C-d")
                #expect(try await terminal.exitCode() == 0)
            }
            try await TerminalSession.with(place.command(["chat"])) { terminal in
                try await terminal.wait(forLast: ">")
                try await terminal.press("C-c")
                try await terminal.wait(for: "warning") { $0.contains("Ctrl-C again leaves.") }
                try await terminal.press("C-c")
                #expect(try await terminal.exitCode() == 130)
            }
        }
    }

    @Test("a call is made when it was allowed, not made when it was refused, and Ctrl-C is a way out of the question")
    func approval() async throws {
        try await CommandPlace.with { place in
            try await TerminalSession.with(place.command(["chat", "--approve", "all"]), rows: 60) { terminal in
                try await terminal.wait(forLast: ">")
                try await terminal.enter(#"call ref__echo {"message":"first"}"#)
                try await terminal.wait(for: "the question") { $0.last?.hasPrefix("Allow?") == true }
                try await terminal.enter("n")
                try await terminal.wait(for: "refusal") { $0.contains { $0.contains("declined") } && $0.last == ">" }
                try await terminal.enter(#"call ref__echo {"message":"second"}"#)
                try await terminal.wait(for: "the question") { $0.last?.hasPrefix("Allow?") == true }
                try await terminal.enter("y")
                try await terminal.wait(for: "the answer") { $0.contains("- second") && $0.last == ">" }
                try await terminal.enter(#"call ref__echo {"message":"third"}"#)
                try await terminal.wait(for: "the question") { $0.last?.hasPrefix("Allow?") == true }
                try await terminal.press("C-c")
                try await terminal.wait(forLast: ">")
                try await terminal.enter("still there?")
                try await terminal.wait(for: "the answer") { $0.contains("You said: still there?") && $0.last == ">" }
                try await terminal.press("C-d")
                #expect(try await terminal.exitCode() == 0)
            }
        }
    }

    @Test("tools and check fit a narrow terminal", arguments: [24, 100])
    func inventory(columns: Int) async throws {
        try await CommandPlace.with { place in
            try await TerminalSession.with(place.command(["tools"]), columns: columns, rows: 50) { terminal in
                #expect(try await terminal.exitCode() == 0)
                let lines = try await terminal.screen()
                #expect(lines.contains { $0.hasPrefix("ref__echo ") && $0.hasSuffix(" tokens") }, "\(lines)")
                #expect(lines.last?.contains(" tools, about ") == true)
            }
            try await TerminalSession.with(place.command(["check"]), columns: columns) { terminal in
                #expect(try await terminal.exitCode() == 0)
                let lines = try await terminal.screen()
                #expect(lines.count == 2 && lines[0].hasSuffix(" tools"), "\(lines)")
                #expect(lines.last?.contains("answers (15 tokens)") == true)
            }
        }
    }

    @Test("a line moves while the model thinks, and leaves no trace")
    func spinner() async throws {
        try await CommandPlace.with { place in
            try await TerminalSession.with(place.command(["ask", "hi"], model: "slow")) { terminal in
                for _ in 1...2 {
                    let first = try await terminal.wait(for: "spinner") { $0.last?.hasSuffix(" thinking…") == true }
                    try await terminal.wait(for: "movement") { $0 != first }
                }
                try await terminal.press("C-c")
                #expect(try await terminal.exitCode() == 130)
                #expect(try await terminal.screen().contains { $0.contains("thinking") } == false)
            }
        }
    }

    @Test(
        "terminals that understand text only, and people who want no colour, get what they can read",
        arguments: ["TERM=dumb", "NO_COLOR=1"])
    func plain(variable: String) async throws {
        try await CommandPlace.with { place in
            let command = try ["/usr/bin/env", variable] + place.command(["ask", Self.echo])
            try await TerminalSession.with(command) { terminal in
                #expect(try await terminal.exitCode() == 0)
                let lines = try await terminal.screen(hasStyle: true)
                #expect(lines.first?.hasPrefix("→ ref__echo") == true, "\(lines)")
                #expect(!lines.joined().contains("\u{1B}["))
            }
        }
    }

    /// AGENT.md, "Acceptance examples", 15; its beginning over HTTP is in ``AgentQuestionTests``.
    @Test(
        "a person fills in a server's form, the model answers a server's question, and a page's host is what it is",
        arguments: AgentGateway.allCases)
    func questions(gateway: AgentGateway) async throws {
        let record = try ServerRecord()
        try await gateway.with(record) { servers, url in
            try await CommandPlace.with(servers: servers, gatewayURL: url) { place in
                try await questions(place) { "call \(gateway.tool($0)) \($1)" }
            }
        }
        try gateway.expectItsEra(in: record, hasAffinity: true)
    }

    private func questions(_ place: CommandPlace, _ call: (String, String) -> String) async throws {
        try await TerminalSession.with(place.command(["chat"]), columns: 120, rows: 60) { terminal in
            try await terminal.wait(forLast: ">")
            try await terminal.enter(call("test_sampling", #"{"prompt":"What is love?"}"#))
            try await terminal.wait(for: "the model's answer") {
                $0.contains("- LLM response: You said: What is love?") && $0.last == ">"
            }
            try await terminal.enter(call("test_elicitation", #"{"message":"Who are you?"}"#))
            try await terminal.wait(for: "first field") { $0.last?.hasPrefix("username") == true }
            try await terminal.enter("Ada")
            try await terminal.wait(for: "second field") { $0.last?.hasPrefix("email") == true }
            try await terminal.enter("nonsense")
            try await terminal.wait(for: "complaint") {
                $0.contains { $0.contains("an e-mail address") } && $0.last?.hasPrefix("email") == true
            }
            try await terminal.enter("ada@example.org")
            try await terminal.wait(for: "the tool's answer") {
                $0.contains { $0.hasPrefix("- User response:") && $0.contains(#""username":"Ada""#) }
                    && $0.last == ">"
            }
            try await terminal.enter(call("ask_url", #"{"url":"https://bank.example@evil.example/x"}"#))
            try await terminal.wait(for: "the page") {
                $0.contains { $0.contains("host: evil.example (what stands before \"@\" is a user name") }
            }
            try await terminal.enter("n")
            try await terminal.wait(for: "refusal") {
                $0.contains { $0.contains(#""action":"decline""#) } && $0.last == ">"
            }
            try await terminal.press("C-d")
            #expect(try await terminal.exitCode() == 0)
        }
    }

    @Test("of two people at two terminals whom one server over stdio asks at the same time, each answers for himself")
    func twoPeople() async throws {
        try await CommandPlace.with { place in
            try await TerminalSession.with(place.command(["chat"]), columns: 120, rows: 60) { first in
                try await TerminalSession.with(place.command(["chat"]), columns: 120, rows: 60) { second in
                    let people = [("ada", first), ("eve", second)]
                    for (name, terminal) in people {
                        try await terminal.wait(forLast: ">")
                        try await terminal.enter(#"call ref__test_elicitation {"message":"\#(name)?"}"#)
                        try await terminal.wait(for: "first field") { $0.last?.hasPrefix("username") == true }
                    }
                    for (name, terminal) in people.reversed() {
                        #expect(try await terminal.screen().contains { $0.contains("\(name)?") })
                        try await terminal.enter(name)
                        try await terminal.wait(for: "second field") { $0.last?.hasPrefix("email") == true }
                        try await terminal.enter("\(name)@example.org")
                        try await terminal.wait(for: "the tool's answer") {
                            $0.contains { $0.contains(#""username":"\#(name)""#) } && $0.last == ">"
                        }
                        try await terminal.press("C-d")
                        #expect(try await terminal.exitCode() == 0)
                    }
                }
            }
        }
    }
}
