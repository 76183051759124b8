/// The way back of a question that was changed to fit an older client: its answer as the server expects it.
package struct AnswerConversion: Equatable, Sendable {
    /// Several choices of one field, which the client was shown as one yes-or-no question each.
    struct Choices: Equatable, Sendable {
        struct Option: Equatable, Sendable {
            /// The yes-or-no question's name.
            let name: String
            /// A JSON string, as the server wrote it.
            let value: RawJSON
        }

        let field: String
        let isRequired: Bool
        let options: [Option]
        let minItems: Int64?
        let maxItems: Int64?

        /// - Parameter count: how many options were chosen.
        func complaint(_ count: Int) -> String? {
            if let minItems, count < minItems { return "\(field): at least \(minItems) must be chosen" }
            if let maxItems, count > maxItems { return "\(field): at most \(maxItems) may be chosen" }
            return nil
        }
    }

    /// The answer goes back byte for byte.
    package static let unchanged = AnswerConversion(choices: [])

    let choices: [Choices]

    /// The client's answer in the form of the question as the server asked it.
    ///
    /// Answers with choices the question does not allow (see ``complaint(about:)``) become a `cancel`.
    package func convert(_ outcome: JSONRPCResponse.Outcome) -> JSONRPCResponse.Outcome {
        guard let (result, content) = accepted(outcome) else { return outcome }
        let chosen = Chosen(content, choices)
        if chosen.complaint != nil { return .result(QuestionForClient.cancelled) }
        return .result(result.replacing([(["content"], chosen.content())]))
    }

    /// What the user has to be told before being asked once more: that too few or too many were chosen, which the form
    /// shown could not express. `nil` when there is nothing to complain about.
    package func complaint(about outcome: JSONRPCResponse.Outcome) -> String? {
        accepted(outcome).flatMap { Chosen($0.content, choices).complaint }
    }

    private func accepted(_ outcome: JSONRPCResponse.Outcome) -> (result: RawJSON, content: RawJSON)? {
        guard !choices.isEmpty, case .result(let result) = outcome else { return nil }
        let (action, content) = result.members("action", "content")
        guard let action, action.isString("accept"), let content, content.kind == .object else { return nil }
        return (result, content)
    }
}

/// The content of an answer, taken apart.
private struct Chosen {
    /// Members that are answers to no yes-or-no question of ours, each with its name, as written.
    private var others: [ArraySlice<UInt8>] = []
    /// What was chosen for each of the choices; `nil` for those that are not answered.
    private var values: [(field: String, values: [RawJSON])] = []
    private(set) var complaint: String?

    init(_ content: RawJSON, _ choices: [AnswerConversion.Choices]) {
        var index: [String: (choice: Int, option: Int)] = [:]
        for (choice, choices) in choices.enumerated() {
            for (option, known) in choices.options.enumerated() { index[known.name] = (choice, option) }
        }
        var isChosen = choices.map { [Bool](repeating: false, count: $0.options.count) }
        var isAnswered = [Bool](repeating: false, count: choices.count)
        content.forEachMember { key, value in
            if let place = index[key.string] {
                isChosen[place.choice][place.option] = value.boolValue ?? false
                isAnswered[place.choice] = true
            } else {
                let buffer = content.bytes
                others.append(buffer[(key.rawBytes.startIndex - 1)..<value.bytes.endIndex])
            }
            return true
        }
        for (number, choices) in choices.enumerated() {
            let chosen = zip(choices.options, isChosen[number]).filter(\.1).map(\.0.value)
            // Nothing chosen where nothing had to be: the field was left out, which no bound forbids.
            if chosen.isEmpty, !choices.isRequired, !isAnswered[number] || (choices.minItems ?? 0) > 0 { continue }
            values.append((choices.field, chosen))
            complaint = complaint ?? choices.complaint(chosen.count)
        }
    }

    /// Whole again: the other members as they came, then the choices, each as an array.
    func content() -> [UInt8] {
        var output: [UInt8] = [.openBrace]
        for member in others {
            if output.count > 1 { output.append(.comma) }
            output.append(contentsOf: member)
        }
        for (field, values) in values {
            if output.count > 1 { output.append(.comma) }
            JSONWriter.appendQuoted(field, to: &output)
            output.append(.colon)
            var writer = JSONWriter()
            writer.beginArray()
            for value in values { writer.raw(value) }
            writer.endArray()
            output.append(contentsOf: writer.finish())
        }
        output.append(.closeBrace)
        return output
    }
}
