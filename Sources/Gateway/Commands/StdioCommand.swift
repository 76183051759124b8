import AsyncIO
import Configuration
import Dispatch
import Glibc

/// `mcp-gateway stdio`: the gateway as a stdio MCP server, for clients that start their servers themselves.
struct StdioCommand {
    private let path: String

    init(_ arguments: inout Arguments) throws(UsageError) {
        path = try arguments.takeValue("--config") ?? ConfigurationFile.defaultPath
        try arguments.finish()
    }

    func run() throws -> Int32 {
        let environment = ConfigurationEnvironment.current()
        let outcome = ConfigurationLoader.load(path: path, environment: environment)
        for finding in outcome.findings { StandardStream.error.note(finding.rendered(file: path)) }
        guard let configuration = outcome.configuration else { return 1 }
        // Before any thread: a process is forked here.
        let guardian = try ProcessSpawner.startGuardian()
        let redactor = configuration.redactor
        let log = try Log(level: LogLevel(configuration.logLevel), redact: { redactor.redact($0) })
        let service = try GatewayService(
            configuration, log: log, environment: environment.variables, guardian: guardian, listens: false)
        _ = ProcessLimits.raiseDescriptorLimit()
        return serve(service, log)
    }

    /// Serves until the client closes its end or a signal comes; either way everything is ended in order.
    private func serve(_ service: GatewayService, _ log: Log) -> Int32 {
        let stop = DispatchSemaphore(value: 0)
        let sources = [SIGTERM, SIGINT].map { number in ServeCommand.watch(number) { stop.signal() } }
        defer { for source in sources { source.cancel() } }
        let failure = ServeCommand.wait { try await service.start() }
        guard failure == nil else {
            ServeCommand.wait { _ = await service.stop() }
            log.flush()
            StandardStream.error.note("mcp-gateway: \(failure.map { "\($0)" } ?? "")")
            return 1
        }
        let outcome = ServeCommand.Failure()
        Task.detached {
            do { try await service.serveStandardStreams() } catch { outcome.error = error }
            stop.signal()
        }
        stop.wait()
        log.info("stopping")
        ServeCommand.wait { _ = await service.stop() }
        log.flush()
        guard let error = outcome.error else { return 0 }
        StandardStream.error.note("mcp-gateway: \(error)")
        return 1
    }
}
