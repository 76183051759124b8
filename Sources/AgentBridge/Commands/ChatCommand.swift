import AsyncIO
import Configuration
import Glibc
import MCPProtocol
import Synchronization

/// `agent-bridge chat`: a conversation in the terminal.
struct ChatCommand {
    private var options: ClientOptions
    private var configuration: AgentConfiguration
    private let environment: ConfigurationEnvironment
    private var messages: [ChatMessage] = []
    /// Files for the next question, and what was read from the gateway for it.
    private var attachments: [String] = []
    private var readings: [Attachment] = []
    private var usage = LLMUsage()

    init(_ arguments: inout CommandArguments) throws(UsageError) {
        options = try ClientOptions(&arguments)
        try arguments.finish()
        environment = ConfigurationEnvironment.current()
        configuration = try options.configuration(environment)
        attachments = options.attachments
        if let file = options.resume { messages = try SavedConversation.load(file) }
    }

    mutating func run() -> Int32 {
        guard var agent = LocalAgent.make(configuration, options, environment) else { return ExitCode.failed }
        let isTerminal = isatty(STDIN_FILENO) == 1
        if isTerminal { Terminal.error.note("/help lists the commands; Ctrl-C stops an answer, Ctrl-D leaves.") }
        while let line = Self.read(isTerminal ? "> " : "") {
            if line.allSatisfy(\.isWhitespace) { continue }
            if !line.hasPrefix("/") {
                ask(line, agent)
                continue
            }
            do throws(UsageError) {
                guard try obey(line, &agent) else { break }
            } catch {
                Terminal.error.note(error.message)
            }
        }
        let last = agent
        CommandWork.run(on: last.loop) { await last.close() }
        last.loop.shutDown()
        do throws(UsageError) {
            if let file = options.save { try SavedConversation.save(messages, to: file) }
        } catch {
            Terminal.error.note("agent-bridge: \(error.message)")
            return ExitCode.failed
        }
        return ExitCode.answered
    }

    /// A line, or several that end with a backslash but for the last; `nil` at the end of input.
    private static func read(_ prompt: String) -> String? {
        let presses = PromptInterrupts(prompt)
        SignalWatch.shared.handle { presses.took($0) }
        defer { SignalWatch.shared.handle(nil) }
        Terminal.error.write(prompt)
        guard var line = readLine() else { return nil }
        while line.hasSuffix("\\") {
            line.removeLast()
            if !prompt.isEmpty { Terminal.error.write("… ") }
            guard let next = readLine() else { break }
            line += "\n" + next
        }
        return line
    }

    private var hasVision: Bool {
        configuration.models(for: configuration.agents[0]).first?.hasVision ?? false
    }

    private mutating func ask(_ text: String, _ agent: LocalAgent) {
        do throws(UsageError) {
            let question = try FileAttachment.attach(
                attachments, and: readings, to: .text(.user, text), hasVision: hasVision)
            attachments = []
            readings = []
            ask([question], agent)
        } catch {
            Terminal.error.note(error.message)
        }
    }

    private mutating func ask(_ question: [ChatMessage], _ agent: LocalAgent) {
        let request = agent.request(messages + question)
        let show = options.observer(of: request, on: agent.loop)
        let outcome = CommandWork.run(on: agent.loop) { await agent.run(request) { show($0) } }
        // A question without an answer is forgotten: it can be asked again.
        guard case .success(let summary) = outcome else { return }
        messages += question + summary.messages
        usage += summary.usage
    }

    /// - Returns: `false` to leave.
    private mutating func obey(_ line: String, _ agent: inout LocalAgent) throws(UsageError) -> Bool {
        let words = line.split(separator: " ", maxSplits: 1)
        let argument = words.count > 1 ? String(words[1]) : ""
        switch words[0] {
        case "/help":
            Terminal.error.note(
                """
                /tools            the tools as the model sees them
                /prompts          the gateway's prompts
                /prompt NAME K=V  asks with one of them
                /resources        the gateway's resources
                /read URI         shows one, and adds it to the next question
                /attach FILE      a file for the next question
                /system TEXT      another system prompt
                /model NAME       another model at the same server
                /usage            tokens used so far
                /save FILE, /load FILE, /reset
                /exit
                """)
        case "/tools":
            let local = agent
            switch CommandWork.run(on: local.loop, { await local.tools() }) {
            case .success(let tools): ToolsCommand.print(tools)
            case .failure(let error): throw UsageError(Terminal.line(error.detail))
            }
        case "/prompts": try GatewayShelf(agent: agent).listPrompts()
        case "/prompt":
            let prompt = try GatewayShelf(agent: agent).prompt(argument, hasVision: hasVision)
            // One that ends with an answer has the question still to come.
            if prompt.last?.role == .user { ask(prompt, agent) } else { messages += prompt }
        case "/resources": try GatewayShelf(agent: agent).listResources()
        case "/read":
            guard !argument.isEmpty else { throw UsageError("/read needs a URI") }
            readings += try GatewayShelf(agent: agent).read(argument)
        case "/attach":
            guard !argument.isEmpty else { throw UsageError("/attach needs a file") }
            attachments.append(argument)
        case "/system", "/model":
            guard !argument.isEmpty else { throw UsageError("\(words[0]) needs a text") }
            if words[0] == "/system" { options.system = argument } else { options.model = argument }
            configuration = try options.configuration(environment)
            agent.configuration = configuration
        case "/usage":
            Terminal.error.note(
                "\(usage.promptTokens) prompt (\(usage.cachedTokens) cached), \(usage.completionTokens) completion tokens"
            )
        case "/save": try SavedConversation.save(messages, to: argument)
        case "/load": messages = try SavedConversation.load(argument)
        case "/reset": messages = []
        case "/exit", "/quit": return false
        default: throw UsageError("unknown command \(words[0]); /help lists them")
        }
        return true
    }
}

/// Signals at a prompt, where there is nothing to stop. Ctrl-C drops what was typed, as in a shell, and leaves when it
/// comes again: the first may have been meant for an answer that was just done.
private final class PromptInterrupts: Sendable {
    private let prompt: String
    private let count = Atomic<Int>(0)

    init(_ prompt: String) { self.prompt = prompt }

    func took(_ signal: Int32) {
        let isFirst = count.wrappingAdd(1, ordering: .relaxed).oldValue == 0
        guard isFirst, signal == SIGINT, !prompt.isEmpty else { _exit(128 + signal) }
        Terminal.error.write("\nCtrl-C again leaves.\n\(prompt)")
    }
}
