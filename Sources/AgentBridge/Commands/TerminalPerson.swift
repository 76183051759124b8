import Dispatch
import Glibc
import MCPProtocol
import Synchronization

/// Whoever sits at the terminal: approves calls and fills in forms that tools' servers ask for. Asked one question at a
/// time, on standard error, answered on standard input.
final class TerminalPerson: CallApprover, PersonAsked {
    // Blocking reads have a thread of their own, and questions wait for each other there.
    private let queue = DispatchQueue(label: "questions")
    private let alwaysApproved = Mutex<Set<String>>([])

    /// `nil`: nobody can be asked.
    static func ifPresent() -> TerminalPerson? {
        isatty(STDIN_FILENO) == 1 && Terminal.error.isTerminal ? TerminalPerson() : nil
    }

    private func ask<Value: Sendable>(_ body: @escaping @Sendable (OpenQuestion) -> Value) async -> Value {
        let question = OpenQuestion()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: body(question)) }
            }
        } onCancel: {
            question.withdraw()
        }
    }

    // MARK: Approval

    func approves(_ tool: GatewayTool, _ arguments: RawJSON) async -> Bool {
        await ask { [self] question in
            if alwaysApproved.withLock({ $0.contains(tool.name) }) { return true }
            question.tell("The model wants to call \(Terminal.line(tool.name)):")
            question.tell(Terminal.visible(JSONValue(arguments).prettyPrinted()))
            switch question.readLine("Allow? [y]es, [n]o, [a]lways in this session: ")?.lowercased() {
            case "y", "yes": return true
            case "a", "always":
                alwaysApproved.withLock { _ = $0.insert(tool.name) }
                return true
            default: return false
            }
        }
    }

    func allowsSampling(_ params: RawJSON, for tool: String) async -> Bool {
        await ask { question in
            question.tell("The server of \(Terminal.line(tool)) asks for a completion by the model:")
            question.tell(Terminal.visible(JSONValue(params).prettyPrinted()))
            return ["y", "yes"].contains(question.readLine("Allow? [y]es, [n]o: ")?.lowercased() ?? "")
        }
    }

    // MARK: Forms

    func answer(_ params: RawJSON, for tool: String) async -> RawJSON {
        await ask { question in
            question.tell("The server of \(Terminal.line(tool)) asks:")
            question.tell(Terminal.visible(params.member("message")?.stringValue ?? ""))
            let result =
                params.member("mode")?.stringValue == "url" ? Self.visit(params, question) : Self.fill(params, question)
            return result.raw
        }
    }

    private static func visit(_ params: RawJSON, _ question: OpenQuestion) -> JSONValue {
        let url = params.member("url")?.stringValue ?? ""
        question.tell("It wants you to open this page, which nobody opens for you:")
        question.tell(
            "  \(Terminal.line(url, limit: 2000))\n  \(Terminal.line(URLHost.description(of: url), limit: 600))")
        switch question.readLine("Done? [y]es, [n]o (decline), [c]ancel: ")?.lowercased() {
        case "y", "yes": return ["action": "accept"]
        case "n", "no": return ["action": "decline"]
        default: return ["action": "cancel"]
        }
    }

    private static func fill(_ params: RawJSON, _ question: OpenQuestion) -> JSONValue {
        question.tell("(!decline refuses, !cancel gives up)")
        let schema = params.member("requestedSchema") ?? .emptyObject
        let required = Set(schema.member("required")?.elements.compactMap(\.stringValue) ?? [])
        var content = JSONObject()
        for (name, property) in schema.member("properties")?.members ?? [] {
            while true {
                guard
                    let line = question.readLine(FormField.prompt(name, property, isRequired: required.contains(name)))
                else {
                    return ["action": "cancel"]
                }
                if line == "!decline" { return ["action": "decline"] }
                if line == "!cancel" { return ["action": "cancel"] }
                do throws(FormField.Problem) {
                    if let value = try FormField.value(line, property, isRequired: required.contains(name)) {
                        content[name] = value
                    }
                    break
                } catch {
                    question.tell("  \(error.reason)")
                }
            }
        }
        return ["action": "accept", "content": .object(content)]
    }
}
