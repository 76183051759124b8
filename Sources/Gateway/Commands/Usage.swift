/// What `--help` prints.
enum Usage {
    struct Command {
        let name: String
        let synopsis: String
        let summary: String
        let details: String
    }

    static let commands: [Command] = [
        Command(
            name: "serve", synopsis: "serve [--config FILE] [--listen HOST:PORT]",
            summary: "serve the servers of gateway.json at one URL",
            details: """
                --config FILE       the configuration (default: gateway.json)
                --listen HOST:PORT  listen here instead of where the configuration says; also unix:PATH;
                                    may be given more than once; port 0 lets the kernel choose

                SIGTERM and SIGINT let calls in flight finish, then end the process with exit code 0.
                """),
        Command(
            name: "check", synopsis: "check [--config FILE]",
            summary: "validate the configuration and print every finding",
            details: """
                --config FILE       the configuration (default: gateway.json)

                Exit code 0 if the gateway would start with it, 1 if not.
                """),
    ]

    static var text: String {
        let width = commands.map(\.synopsis.count).max() ?? 0
        let lines = commands.map { command in
            "  " + command.synopsis + String(repeating: " ", count: width - command.synopsis.count + 2)
                + command.summary
        }
        return """
            Usage: mcp-gateway COMMAND [OPTIONS]

            Many MCP servers behind one URL.

            \(lines.joined(separator: "\n"))

            mcp-gateway COMMAND --help tells more about a command; --version prints the version.
            """
    }

    static func text(of name: String) -> String? {
        guard let command = commands.first(where: { $0.name == name }) else { return nil }
        return """
            Usage: mcp-gateway \(command.synopsis)

            \(command.summary.prefix(1).uppercased() + command.summary.dropFirst()).

            \(command.details)
            """
    }
}
