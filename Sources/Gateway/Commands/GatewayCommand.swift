import Glibc

/// The command line of `mcp-gateway`.
package enum GatewayCommand {
    /// Runs the command that the arguments name, and ends the process with its exit code.
    package static func main() -> Never {
        // A reader who has seen enough shows as an error of write.
        signal(SIGPIPE, SIG_IGN)
        var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
        let command = arguments.takeCommand()
        do {
            exit(try run(command, &arguments))
        } catch let error as UsageError {
            let topic = command.flatMap { Usage.text(of: $0) == nil ? nil : "\($0) " } ?? ""
            StandardStream.error.note("mcp-gateway: \(error.message); try mcp-gateway \(topic)--help")
            exit(2)
        } catch let error as Interruption {
            exit(error.exitCode)
        } catch let error as CommandFailure {
            StandardStream.error.note("mcp-gateway: \(error.message)")
            exit(1)
        } catch let error as StandardStream.WriteFailure {
            if error.code != EPIPE {
                StandardStream.error.note(
                    "mcp-gateway: cannot write to standard output: \(String(cString: strerror(error.code)))")
            }
            exit(1)
        } catch {
            StandardStream.error.note("mcp-gateway: \(error)")
            exit(1)
        }
    }

    private static func run(_ command: String?, _ arguments: inout Arguments) throws -> Int32 {
        if arguments.takeFlag("--help", "-h") || command == "help" {
            return try help(command == "help" ? arguments.takeOperand() : command)
        }
        if arguments.takeFlag("--version") {
            try StandardStream.output.write(Array("\(GatewayVersion.name) \(GatewayVersion.number)\n".utf8))
            return 0
        }
        switch command {
        case "serve": return try ServeCommand(&arguments).run()
        case "stdio": return try StdioCommand(&arguments).run()
        case "check": return try CheckCommand(&arguments).run()
        case "explain": return try ExplainCommand(&arguments).run()
        case "servers": return try ServersCommand(&arguments).run()
        case "tools": return try InventoryCommand(.tools, &arguments).run()
        case "resources": return try InventoryCommand(.resources, &arguments).run()
        case "prompts": return try InventoryCommand(.prompts, &arguments).run()
        case "call": return try CallCommand(&arguments).run()
        case let command?: throw unknown(command)
        case nil:
            try arguments.finish()
            throw UsageError("a command is missing")
        }
    }

    private static func help(_ command: String?) throws -> Int32 {
        guard let text = command.map(Usage.text(of:)) ?? Usage.text else {
            throw unknown(command ?? "")
        }
        try StandardStream.output.write(Array((text + "\n").utf8))
        return 0
    }

    private static func unknown(_ command: String) -> UsageError {
        UsageError("unknown command", command, among: Usage.commands.map(\.name))
    }
}
