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

                SIGTERM and SIGINT let calls in flight finish, then end the process with exit code 0; a second one
                ends it at once. A changed configuration takes effect at a restart.
                """),
        Command(
            name: "stdio", synopsis: "stdio [--config FILE]",
            summary: "the same gateway as a stdio server, for one client that starts it",
            details: """
                --config FILE       the configuration (default: gateway.json); "listen" is not used

                Speaks MCP on standard input and output, one message a line; the log goes to standard error. Ends with
                exit code 0 when the client closes standard input, or at SIGTERM or SIGINT.
                """),
        Command(
            name: "check", synopsis: "check [--config FILE]",
            summary: "validate the configuration and print every finding",
            details: """
                --config FILE       the configuration (default: gateway.json)

                Exit code 0 if the gateway would start with it, 1 if not.
                """),
        Command(
            name: "explain", synopsis: "explain [--config FILE] [SERVER]",
            summary: "print every setting in effect, and who decided it",
            details: """
                SERVER              only the settings of this server
                --config FILE       the configuration (default: gateway.json)

                What came from variables and files is not shown. Exit code 0, or 1 if the configuration has errors,
                which are printed, or no such server.
                """),
        Command(
            name: "servers", synopsis: "servers [--url URL] [--json]",
            summary: "list the servers of a running gateway",
            details: """
                --url URL           the gateway, with or without /mcp
                                    (default: $MCP_GATEWAY_URL, else http://127.0.0.1:8808)
                --json              print what the gateway answers, with all errors in full
                --timeout TIME      wait at most so long for the answer, such as 5s; off: without end (default: 30s)

                Exit code 0, or 1 if the gateway does not answer.
                """),
        inventory(
            .tools, "tool", json: "print what the gateway answers, with the schemas",
            searched: "name or description"),
        inventory(
            .resources, "resource", "and resource templates ", json: "print what the gateway answers",
            searched: "URI, name or description"),
        inventory(
            .prompts, "prompt", json: "print what the gateway answers, with the arguments in full",
            searched: "name or description", note: "An argument in brackets may be left out.\n"),
        Command(
            name: "call", synopsis: "call [--url URL] [--json] [--timeout TIME] TOOL [ARGUMENTS]",
            summary: "call a tool through a running gateway",
            details: """
                TOOL                the name as "tools" lists it
                ARGUMENTS           a JSON object, @FILE for one in a file, - for standard input (default: {})
                --url URL           the gateway, with or without /mcp
                                    (default: $MCP_GATEWAY_URL, else http://127.0.0.1:8808)
                --json              print the whole result as JSON
                --timeout TIME      wait at most so long, such as 30s or 5m; off: without end (default: 1h).
                                    The gateway's own timeouts apply as well

                Text goes to standard output as it is, other content as one line that describes it; progress and log
                messages go to standard error while the call runs. SIGINT (Ctrl-C) cancels the call.
                Exit code 0; 1 if the tool answers an error or the call fails; 2 if the arguments make no sense;
                130 after SIGINT.
                """),
    ]

    /// A command that shows one of the merged lists.
    private static func inventory(
        _ inventory: Inventory, _ noun: String, _ others: String = "", json: String, searched: String, note: String = ""
    ) -> Command {
        let name = inventory.rawValue
        return Command(
            name: name, synopsis: "\(name) [--url URL] [--json] [--server NAME] [QUERY]",
            summary: "list the \(name) \(others)of a running gateway",
            details: """
                QUERY               only \(name) with this text in their \(searched)
                --server NAME       only \(name) of this server
                --url URL           the gateway, with or without /mcp
                                    (default: $MCP_GATEWAY_URL, else http://127.0.0.1:8808)
                --json              \(json)
                --timeout TIME      wait at most so long for the answer, such as 5s; off: without end (default: 30s)

                \(note)A stale \(noun) is listed as last seen; its server is away.
                Exit code 0, also if there are none, or 1 if the gateway does not answer or knows no such server.
                """)
    }

    static var text: String {
        let width = commands.map(\.name.count).max() ?? 0
        let lines = commands.map { command in
            "  " + command.name + String(repeating: " ", count: width - command.name.count + 2) + command.summary
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
