import TestSupport
import Testing

/// One run of `mcp-gateway`, to its end.
struct Command {
    let exit: RunningProcess.Exit
    let output: String
    let errors: String

    /// Runs the built program.
    ///
    /// - Parameters:
    ///   - gateway: whose URL to pass in the environment; `nil`: none is there.
    ///   - input: all of standard input.
    static func run(
        _ arguments: [String], at gateway: GatewayFixture? = nil, input: String = "",
        environment: [String: String?] = [:]
    ) async throws -> Command {
        try await RunningProcess.with(command(arguments, at: gateway, environment: environment)) { process in
            if !input.isEmpty { try process.write(input) }
            process.closeInput()
            let exit = try await process.exit()
            return Command(exit: exit, output: process.standardOutput.text, errors: process.standardError.text)
        }
    }

    static func command(
        _ arguments: [String], at gateway: GatewayFixture?, environment: [String: String?] = [:]
    ) throws -> RunningProcess.Command {
        var command = try RunningProcess.Command.built("mcp-gateway", arguments)
        command.environment = environment
        command.environment.updateValue(gateway.map { "http://127.0.0.1:\($0.port)" }, forKey: "MCP_GATEWAY_URL")
        return command
    }

    /// Expects the run to have failed with one line on standard error and nothing else.
    func expectFailure(
        _ code: Int32, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(exit == .code(code), "\(errors)", sourceLocation: sourceLocation)
        #expect(output.isEmpty, sourceLocation: sourceLocation)
        #expect(errors.hasPrefix("mcp-gateway: "), "\(errors)", sourceLocation: sourceLocation)
        #expect(errors.hasSuffix("\n") && errors.filter { $0 == "\n" }.count == 1, sourceLocation: sourceLocation)
        for part in parts { #expect(errors.contains(part), "\(errors)", sourceLocation: sourceLocation) }
    }
}
