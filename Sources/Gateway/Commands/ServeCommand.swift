import AsyncIO
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
        for finding in outcome.findings { StandardError.write(finding.rendered(file: path)) }
        guard let configuration = outcome.configuration?.overriding(listen: listen) else { return 1 }
        if let refusal = configuration.listenRefusal {
            StandardError.write("mcp-gateway: \(refusal)")
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
            StandardError.write("mcp-gateway: \(error)")
            return 1
        }
    }

    /// Keeps this thread for the signals, and everything else on the loops.
    private func runUntilSignalled(_ service: GatewayService, _ log: Log) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        _ = ProcessLimits.raiseDescriptorLimit()
        let stop = DispatchSemaphore(value: 0)
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { stop.signal() }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }

        if let problem = wait({ try await service.start() }) {
            wait { _ = await service.stop() }
            log.flush()
            StandardError.write("mcp-gateway: \(problem)")
            return 1
        }
        for address in service.boundAddresses {
            log.info("listening", ["address": address.description, "servers": service.configuration.servers.count])
        }
        stop.wait()
        log.info("stopping")
        // A second signal is impatience.
        let impatience = DispatchQueue(label: "signals")
        impatience.async {
            stop.wait()
            StandardError.write("mcp-gateway: stopped at once")
            _exit(1)
        }
        wait {
            let cut = await service.stop()
            log.info("stopped", ["cut": cut])
        }
        log.flush()
        return 0
    }

    /// Runs an async function from this thread, which belongs to no loop, and waits for it.
    @discardableResult
    private func wait(_ body: @escaping @Sendable () async throws -> Void) -> (any Error)? {
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
    private final class Failure: @unchecked Sendable {
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
