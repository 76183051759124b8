import AsyncIO
import Configuration
import Dispatch
import Glibc

/// `agent-bridge serve`: agents over HTTP.
struct ServeCommand {
    private let path: String
    private let listen: [ListenAddress]

    init(_ arguments: inout CommandArguments) throws(UsageError) {
        path = try arguments.takeValue("--config") ?? AgentConfigurationFile.defaultPath
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
        guard let configuration = load(environment) else { return ExitCode.usage }
        if let refusal = configuration.listenRefusal {
            Terminal.error.note("agent-bridge: \(refusal)")
            return ExitCode.usage
        }
        do {
            let redactor = configuration.redactor
            let log = try Log(level: .info, form: configuration.logForm, redact: { redactor.redact($0) })
            let service = try AgentService(configuration, log: log, environment: environment.variables)
            return serve(service, log, environment)
        } catch {
            Terminal.error.note("agent-bridge: \(error)")
            return ExitCode.failed
        }
    }

    /// - Returns: `nil` after the findings that say why.
    private func load(_ environment: ConfigurationEnvironment) -> AgentConfiguration? {
        let outcome = AgentConfigurationFile.load(path: path, environment: environment)
        for finding in outcome.findings { Terminal.error.note(finding.rendered(file: path)) }
        guard var configuration = outcome.configuration else { return nil }
        if !listen.isEmpty { configuration.listen = listen }
        return configuration
    }

    /// Keeps this thread for the signals, and everything else on the loops.
    private func serve(_ service: AgentService, _ log: Log, _ environment: ConfigurationEnvironment) -> Int32 {
        _ = ProcessLimits.raiseDescriptorLimit()
        let stop = DispatchSemaphore(value: 0)
        let reloads = DispatchQueue(label: "reload")
        let sources =
            [SIGTERM, SIGINT].map { Self.watch($0) { stop.signal() } }
            + [
                Self.watch(SIGHUP) {
                    reloads.async {
                        guard let next = load(environment) else {
                            return log.error("reload refused: the configuration has errors")
                        }
                        service.hub.reload(next)
                        log.info("reloaded", ["agents": next.agents.count])
                    }
                }
            ]
        defer { for source in sources { source.cancel() } }
        if let problem = Self.wait({ try await service.start() }) {
            Self.wait { _ = await service.stop() }
            log.flush()
            Terminal.error.note("agent-bridge: \(problem)")
            return ExitCode.failed
        }
        for address in service.boundAddresses {
            log.info("listening", ["address": address.description])
            Terminal.output.write("serving agents at http://\(address)/v1\n")
        }
        stop.wait()
        log.info("stopping")
        DispatchQueue(label: "impatience").async {
            stop.wait()
            Terminal.error.note("agent-bridge: stopped at once")
            _exit(1)
        }
        Self.wait {
            let cut = await service.stop()
            log.info("stopped", ["cut": cut])
        }
        log.flush()
        return 0
    }

    private static func watch(_ number: Int32, _ handler: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: handler)
        source.resume()
        return source
    }

    /// Runs an async function from this thread, which belongs to no loop, and waits for it.
    @discardableResult
    private static func wait(_ body: @escaping @Sendable () async throws -> Void) -> (any Error)? {
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
