import AsyncIO
import Configuration
import Glibc
import MCPProtocol

/// `agent-bridge ask`: one question, one answer.
struct AskCommand {
    private let options: ClientOptions
    private let prompt: String?

    init(_ arguments: inout CommandArguments) throws(UsageError) {
        options = try ClientOptions(&arguments)
        prompt = arguments.takeOperand()
        try arguments.finish()
    }

    func run() throws(UsageError) -> Int32 {
        let environment = ConfigurationEnvironment.current()
        let configuration = try options.configuration(environment)
        let text = if let prompt { prompt } else { try Self.standardInput() }
        guard !text.allSatisfy(\.isWhitespace) else { throw UsageError("the question is missing") }
        var messages = if let file = options.resume { try SavedConversation.load(file) } else { [ChatMessage]() }
        let hasVision = configuration.models(for: configuration.agents[0]).first?.hasVision ?? false
        messages.append(try FileAttachment.attach(options.attachments, to: .text(.user, text), hasVision: hasVision))
        guard let agent = LocalAgent.make(configuration, options, environment) else { return ExitCode.failed }
        let request = agent.request(messages)
        let show = options.observer(of: request, on: agent.loop)
        let outcome = CommandWork.run(on: agent.loop) {
            let outcome = await agent.run(request) { show($0) }
            await agent.close()
            return outcome
        }
        agent.loop.shutDown()
        if case .success(let summary) = outcome, let file = options.save {
            try SavedConversation.save(messages + summary.messages, to: file)
        }
        return ExitCode.of(outcome)
    }

    private static let maxInput = 16 << 20

    /// All of standard input.
    private static func standardInput() throws(UsageError) -> String {
        guard isatty(STDIN_FILENO) == 0 else { throw UsageError("the question is missing") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw UsageError("standard input cannot be read: \(String(cString: strerror(errno)))")
            }
            bytes += buffer[..<count]
            guard bytes.count <= maxInput else { throw UsageError("standard input has more than \(maxInput) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UsageError("standard input is not UTF-8")
        }
        return text
    }
}

extension RunSummary {
    /// What a run adds to its conversation.
    var messages: [ChatMessage] {
        if let stored { return stored.history + (stored.final.isEmpty ? [] : [.text(.assistant, stored.final)]) }
        return visibleText.isEmpty ? [] : [.text(.assistant, visibleText)]
    }
}
