import Glibc

/// The command line of `agent-bridge`.
package enum AgentCommand {
    /// Runs the command that the arguments name, and ends the process with its exit code.
    package static func main() -> Never {
        // A reader who has seen enough shows as an error of write.
        signal(SIGPIPE, SIG_IGN)
        var arguments = CommandArguments(Array(CommandLine.arguments.dropFirst()))
        let command = arguments.takeCommand()
        do throws(UsageError) {
            exit(try run(command, &arguments))
        } catch {
            Terminal.error.note("agent-bridge: \(error.message); try agent-bridge --help")
            exit(ExitCode.usage)
        }
    }

    private static func run(_ command: String?, _ arguments: inout CommandArguments) throws(UsageError) -> Int32 {
        if arguments.takeFlag("--help", "-h") || command == "help" {
            Terminal.output.write(AgentUsage.text + "\n")
            return 0
        }
        if arguments.takeFlag("--version") {
            Terminal.output.write("\(AgentVersion.name) \(AgentVersion.number)\n")
            return 0
        }
        switch command {
        case "serve": return try ServeCommand(&arguments).run()
        case "chat":
            var chat = try ChatCommand(&arguments)
            return chat.run()
        case "tools": return try ToolsCommand(&arguments).run()
        case "check": return try CheckCommand(&arguments).run()
        case "ask": return try AskCommand(&arguments).run()
        case let command?: throw UsageError("unknown command \"\(command)\"")
        case nil: throw UsageError("a command is missing")
        }
    }
}

/// Exit codes of the commands.
enum ExitCode {
    static let answered: Int32 = 0
    static let failed: Int32 = 1
    static let usage: Int32 = 2
    static let limit: Int32 = 3
    static let unreachable: Int32 = 4
    static let interrupted: Int32 = 130

    static func of(_ outcome: Result<RunSummary, RunFailure>) -> Int32 {
        if let signal = Interruption.signal { return 128 + signal }
        switch outcome {
        case .success(let summary):
            switch summary.stopReason {
            case .maxTurns, .budget, .length: return limit
            default: return answered
            }
        case .failure(let failure):
            switch failure.code {
            case "gateway_unavailable", "llm_error", "llm_timeout": return unreachable
            case "deadline_exceeded", "max_turns_exceeded": return limit
            default: return failed
            }
        }
    }
}
