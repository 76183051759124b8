import AsyncIO
import Configuration
import Dispatch
import Glibc

/// `mcp-gateway serve`: the service.
struct ServeCommand {
    private let path: String
    private let listen: [ListenAddress]

    init(_ arguments: inout Arguments) throws(UsageError) {
        path = try arguments.takeValue("--config") ?? ConfigurationFile.defaultPath
        var listen: [ListenAddress] = []
        for text in try arguments.takeValues("--listen") {
            do throws(ListenAddress.Malformed) {
                listen.append(try ListenAddress(parsing: text))
            } catch {
                throw UsageError("--listen \(text) \(error.reason)")
            }
        }
        self.listen = listen
        try arguments.finish()
    }

    func run() -> Int32 {
        let environment = ConfigurationEnvironment.current()
        let outcome = ConfigurationLoader.load(path: path, environment: environment)
        for finding in outcome.findings { StandardStream.error.note(finding.rendered(file: path)) }
        guard let configuration = outcome.configuration?.overriding(listen: listen) else { return 1 }
        if let refusal = configuration.listenRefusal {
            StandardStream.error.note("mcp-gateway: \(refusal)")
            return 1
        }
        do {
            // Before any thread: a process is forked here.
            let guardian = try ProcessSpawner.startGuardian()
            let redactor = configuration.redactor
            let log = try Log(level: LogLevel(configuration.logLevel), redact: { redactor.redact($0) })
            let service = try GatewayService(
                configuration, log: log, environment: environment.variables, guardian: guardian)
            return runUntilSignalled(service, log)
        } catch {
            StandardStream.error.note("mcp-gateway: \(error)")
            return 1
        }
    }

    /// Keeps this thread for the signals, and everything else on the loops.
    private func runUntilSignalled(_ service: GatewayService, _ log: Log) -> Int32 {
        _ = ProcessLimits.raiseDescriptorLimit()
        let stop = DispatchSemaphore(value: 0)
        let sources =
            [SIGTERM, SIGINT].map { number in Self.watch(number) { stop.signal() } }
            // Its default is to end the process, and who sends it means another thing.
            + [Self.watch(SIGHUP) { log.warning("SIGHUP ignored: a changed configuration takes effect at a restart") }]
        defer { for source in sources { source.cancel() } }

        if let problem = Self.wait({ try await service.start() }) {
            Self.wait { _ = await service.stop() }
            log.flush()
            StandardStream.error.note("mcp-gateway: \(problem)")
            return 1
        }
        for address in service.boundAddresses {
            log.info("listening", ["address": address.description, "servers": service.configuration.servers.count])
        }
        announce(service)
        stop.wait()
        log.info("stopping")
        // A second signal is impatience.
        let impatience = DispatchQueue(label: "signals")
        impatience.async {
            stop.wait()
            StandardStream.error.note("mcp-gateway: stopped at once")
            _exit(1)
        }
        Self.wait {
            let cut = await service.stop()
            log.info("stopped", ["cut": cut])
        }
        log.flush()
        return 0
    }

    static func watch(
        _ number: Int32, _ handler: @escaping @Sendable () -> Void
    ) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: handler)
        source.resume()
        return source
    }

    /// Tells whoever started this where it is, on standard output; the log has it as well.
    private func announce(_ service: GatewayService) {
        let servers = service.configuration.servers.filter { !$0.isDisabled }.count
        let places = service.boundAddresses.map { address in
            let text = address.description
            return text.hasPrefix("unix:") ? text : "http://\(text)/mcp"
        }
        let line = "serving \(servers) server\(servers == 1 ? "" : "s") at \(places.joined(separator: " and "))\n"
        do throws(StandardStream.WriteFailure) {
            try StandardStream.output.write(Array(line.utf8))
        } catch {
            // A service that nobody watches has its log.
        }
    }

    /// Runs an async function from this thread, which belongs to no loop, and waits for it.
    @discardableResult
    static func wait(_ body: @escaping @Sendable () async throws -> Void) -> (any Error)? {
        let done = DispatchSemaphore(value: 0)
        let failure = Failure()
        Task.detached {
            do { try await body() } catch { failure.error = error }
            done.signal()
        }
        done.wait()
        return failure.error
    }

    // Unchecked: written before the semaphore is signalled, read after it was waited for.
    final class Failure: @unchecked Sendable {
        var error: (any Error)?
    }
}

extension LogLevel {
    init(_ level: ConfiguredLogLevel) {
        switch level {
        case .trace, .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        case .error, .off: self = .error
        }
    }
}
