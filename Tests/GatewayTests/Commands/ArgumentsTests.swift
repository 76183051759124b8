import Testing

@testable import Gateway

@Suite("Command line arguments")
struct ArgumentsTests {
    @Test(
        "an option's value follows it or its equals sign",
        arguments: [["--url", "x", "a"], ["a", "--url", "x"], ["--url=x", "a"], ["a", "--url=x"]])
    func values(words: [String]) throws {
        var arguments = Arguments(words)
        let (value, operand) = (try arguments.takeValue("--url"), arguments.takeOperand())
        #expect(value == "x")
        #expect(operand == "a")
        try arguments.finish()
    }

    @Test(
        "an option without its value is told",
        arguments: [["--url"], ["--url="], ["--url", "--json"], ["--url", "--", "x"]])
    func missingValue(words: [String]) {
        var arguments = Arguments(words)
        let error = #expect(throws: UsageError.self) { try arguments.takeValue("--url") }
        #expect(error?.message == "--url needs a value")
    }

    @Test("a value may contain equals signs, and a dash after one")
    func equalsSigns() throws {
        var arguments = Arguments(["--url=-a=b", "--config", "c=d"])
        let values = [try arguments.takeValue("--url"), try arguments.takeValue("--config")]
        #expect(values == ["-a=b", "c=d"])
    }

    @Test("a lone dash is an operand, and so is everything after two")
    func operands() throws {
        var arguments = Arguments(["tool", "--json", "-", "--", "--json", "-x"])
        let flags = [arguments.takeFlag("--json"), arguments.takeFlag("--json")]
        #expect(flags == [true, false])
        let operands = (0..<5).map { _ in arguments.takeOperand() }
        #expect(operands == ["tool", "-", "--json", "-x", nil])
        try arguments.finish()
    }

    @Test("an option may be repeated where it is asked for more than once")
    func repeated() throws {
        var arguments = Arguments(["--listen", "a", "--listen=b"])
        let values = try arguments.takeValues("--listen")
        #expect(values == ["a", "b"])
    }

    @Test(
        "what was not understood is named, with what was probably meant",
        arguments: [
            (["--jsn"], "unknown option \"--jsn\"; did you mean \"--json\"?"),
            (["--jsn=yes"], "unknown option \"--jsn\"; did you mean \"--json\"?"),
            (["-q"], "unknown option \"-q\""),
            (["--json", "--json"], "--json was given more than once"),
            (["--json=1"], "--json takes no value, or only one"),
            (["more"], "unexpected argument \"more\""),
            (["--", "--jsn"], "unexpected argument \"--jsn\""),
        ])
    func notUnderstood(words: [String], message: String) {
        var arguments = Arguments(words)
        _ = arguments.takeFlag("--json")
        let error = #expect(throws: UsageError.self) { try arguments.finish() }
        #expect(error?.message == message)
    }

    @Test("a command is the first argument, and no option")
    func command() {
        var arguments = Arguments(["serve", "x"])
        var others = Arguments(["--help", "serve"])
        var none = Arguments([])
        let commands = [arguments.takeCommand(), others.takeCommand(), none.takeCommand()]
        #expect(commands == ["serve", nil, nil])
    }

    @Test("every command has its usage, and the overview names it")
    func usage() throws {
        for command in Usage.commands {
            #expect(Usage.text.contains("  \(command.name) "))
            let text = try #require(Usage.text(of: command.name))
            #expect(text.hasPrefix("Usage: mcp-gateway \(command.name)"))
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
        }
        #expect(Usage.text(of: "x") == nil)
    }

    @Test("a timeout is a duration above zero, or off")
    func timeout() throws {
        #expect(try ClientOptions.timeout(nil, standard: .seconds(3)) == .seconds(3))
        #expect(try ClientOptions.timeout("1m30s", standard: .zero) == .seconds(90))
        #expect(try ClientOptions.timeout("off", standard: .zero) == nil)
        for text in ["5", "0s", "-1s", "soon"] {
            #expect(throws: UsageError.self) { try ClientOptions.timeout(text, standard: .zero) }
        }
    }
}
