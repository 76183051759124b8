import MCPProtocol

/// The state of reading one file: what has been found so far. Reading goes on after every error, so that all of them
/// are told at once.
package struct ConfigurationReader {
    package let text: [UInt8]
    package let lines: LineIndex
    package let expansion: Expansion

    private(set) var findings: [(offset: Int, finding: Finding)] = []
    package private(set) var secrets: Set<Redactor.Secret> = []
    package var provenance = Provenance()

    /// Whether an unset variable is only a doubt: inside a disabled server.
    package var toleratesMissingValues = false

    /// - Parameter text: strict JSON, comments already blanked.
    package init(text: [UInt8], expansion: Expansion) {
        self.text = text
        self.lines = LineIndex(text)
        self.expansion = expansion
    }

    // MARK: Findings

    package mutating func error(_ node: ConfigurationNode, _ message: String) {
        report(.error, at: node.path, offset: node.offset, message)
    }

    package mutating func warn(_ node: ConfigurationNode, _ message: String) {
        report(.warning, at: node.path, offset: node.offset, message)
    }

    private mutating func report(
        _ severity: Finding.Severity, at path: ConfigurationPath, offset: Int, _ message: String
    ) {
        let (line, column) = lines.position(of: offset)
        findings.append((offset, Finding(severity, at: path.description, line: line, column: column, message)))
    }

    /// The finding that a value has another kind than the one it must have.
    package mutating func wrongKind(_ node: ConfigurationNode, expected: String) {
        error(node, "must be \(expected), not \(node.kindName)")
    }

    package func line(of node: ConfigurationNode) -> Int { lines.line(of: node.offset) }

    /// Remembers a value that is not to be shown; `label` is `nil` for one that stands in the file itself.
    package mutating func conceal(_ value: String, label: String? = nil) {
        secrets.insert(Redactor.Secret(value, label: label))
    }

    // MARK: Structure

    /// The members of an object; `nil`, after a finding, when it is none. A name that is used twice is an error at its
    /// second place, since two readers of the file could believe different values.
    package mutating func members(of node: ConfigurationNode) -> [ConfigurationNode]? {
        guard node.kind == .object else {
            wrongKind(node, expected: "an object")
            return nil
        }
        var seen: Set<String> = []
        var members: [ConfigurationNode] = []
        for (name, value) in node.value.members {
            let member = ConfigurationNode(
                path: node.path.member(name), value: value, key: name, offset: offsetOfKey(before: value))
            if seen.insert(name).inserted {
                members.append(member)
            } else {
                error(member, "stands twice in the same object; remove one of the two")
            }
        }
        return members
    }

    package func elements(of node: ConfigurationNode) -> [ConfigurationNode] {
        node.value.elements.enumerated().map { index, value in
            ConfigurationNode(
                path: node.path.element(index), value: value, key: node.key, offset: value.bytes.startIndex)
        }
    }

    /// Where the name of the member with this value begins. The text is valid JSON, so that a quote belongs to a name
    /// unless a backslash escapes it.
    private func offsetOfKey(before value: RawJSON) -> Int {
        let start = value.bytes.startIndex
        let quote = UInt8(ascii: "\"")
        guard start <= text.count, let close = text[..<start].lastIndex(of: quote) else { return start }
        var open = close - 1
        while open >= 0 {
            if text[open] == quote {
                var before = open
                while before > 0, text[before - 1] == UInt8(ascii: "\\") { before -= 1 }
                if (open - before).isMultiple(of: 2) { return open }
            }
            open -= 1
        }
        return start
    }

    /// The warning about a member nobody reads.
    package mutating func warnUnknown(_ node: ConfigurationNode, known: [String], hint: String? = nil) {
        if let hint {
            warn(node, "is not a key of this place; \(hint)")
        } else if let near = NameSuggestion.nearest(to: node.key, among: known) {
            warn(node, "is not a known key and is ignored; did you mean \"\(near)\"?")
        } else {
            warn(node, "is not a known key and is ignored")
        }
    }

    // MARK: Scalars. `nil` means that a finding says why.

    /// A string with its references replaced.
    package mutating func string(_ node: ConfigurationNode) -> String? {
        guard let text = node.value.stringValue else {
            wrongKind(node, expected: "a string")
            return nil
        }
        return expand(text, at: node)
    }

    package mutating func expand(_ text: String, at node: ConfigurationNode) -> String? {
        let outcome = expansion.expand(text)
        for secret in outcome.secrets { secrets.insert(secret) }
        for doubt in outcome.doubts { warn(node, doubt) }
        var isUsable = true
        for failure in outcome.failures {
            if failure.isMissingValue, toleratesMissingValues {
                warn(node, "\(failure.reason) (only a warning, since the server is disabled)")
            } else {
                error(node, failure.reason)
                isUsable = false
            }
        }
        return isUsable ? outcome.value : nil
    }

    package mutating func bool(_ node: ConfigurationNode) -> Bool? {
        guard let value = node.value.boolValue else {
            wrongKind(node, expected: "true or false")
            return nil
        }
        return value
    }

    package mutating func count(_ node: ConfigurationNode, in range: ClosedRange<Int>) -> Int? {
        guard node.kind == .number else {
            wrongKind(node, expected: "a whole number without quotes")
            return nil
        }
        guard let number = node.value.intValue, let value = Int(exactly: number), range.contains(value) else {
            error(
                node,
                "is \(node.value.text.shortened), which is not a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
            return nil
        }
        return value
    }

    /// A duration, or `.off`.
    package mutating func duration(_ node: ConfigurationNode, in range: ClosedRange<Duration>) -> ConfiguredTimeout? {
        guard node.kind == .string else {
            let hint = node.kind == .number ? "\(node.value.text.shortened)s" : "30s"
            wrongKind(node, expected: "a duration in quotes with a unit, such as \"\(hint)\"")
            return nil
        }
        guard let text = string(node) else { return nil }
        if text == "off" { return .off }
        let duration: Duration
        do {
            duration = try QuantityText.duration(text)
        } catch {
            self.error(node, "\"\(text.shortened)\" \(error.reason)")
            return nil
        }
        guard range.contains(duration) else {
            let off = range.lowerBound > .zero && duration == .zero ? "; write \"off\" for no limit" : ""
            self.error(
                node,
                "\"\(text.shortened)\" is not between \(QuantityText.text(of: range.lowerBound)) and"
                    + " \(QuantityText.text(of: range.upperBound))\(off)")
            return nil
        }
        return .after(duration)
    }

    /// The `timeout` of other tools, where a bare number is seconds, or milliseconds from 1000 on.
    package mutating func foreignTimeout(
        _ node: ConfigurationNode, in range: ClosedRange<Duration>
    ) -> ConfiguredTimeout? {
        guard node.kind == .number else { return duration(node, in: range) }
        let written = node.value.text.shortened
        do {
            let duration = try QuantityText.foreignTimeout(node.value.doubleValue ?? .infinity)
            let text = QuantityText.text(of: duration)
            warn(node, "\(written) has no unit and is taken for \(text); write \"\(text)\"")
            return .after(max(duration, range.lowerBound))
        } catch {
            self.error(node, "\(written) \(error.reason)")
            return nil
        }
    }

    package mutating func size(_ node: ConfigurationNode, in range: ClosedRange<Int>) -> Int? {
        guard node.kind == .string else {
            let hint = node.kind == .number ? "\(node.value.text.shortened)B" : "4MiB"
            wrongKind(node, expected: "a size in quotes with a unit, such as \"\(hint)\"")
            return nil
        }
        guard let text = string(node) else { return nil }
        if text == "off" {
            error(node, "cannot be \"off\": the gateway keeps all memory bounded; write a size, such as \"64MiB\"")
            return nil
        }
        let size: Int
        do {
            size = try QuantityText.size(text)
        } catch {
            self.error(node, "\"\(text.shortened)\" \(error.reason)")
            return nil
        }
        guard range.contains(size) else {
            error(
                node,
                "\"\(text.shortened)\" is not between \(QuantityText.text(ofBytes: range.lowerBound)) and"
                    + " \(QuantityText.text(ofBytes: range.upperBound))")
            return nil
        }
        return size
    }

    package mutating func choice<Choice>(_ node: ConfigurationNode, of _: Choice.Type) -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let text = string(node) else { return nil }
        if let value = Choice(rawValue: text) { return value }
        let known = Choice.allCases.map(\.rawValue)
        let near = NameSuggestion.nearest(to: text, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
        error(node, "\"\(text.shortened)\" is none of \(known.joined(separator: ", "))\(near)")
        return nil
    }

    /// A list of strings; what is wrong in it is reported and left out.
    package mutating func strings(_ node: ConfigurationNode) -> [String]? {
        guard node.kind == .array else {
            wrongKind(node, expected: "a list of strings")
            return nil
        }
        return elements(of: node).compactMap { string($0) }
    }

    /// Reads the members of a section by its table.
    package mutating func read<Section>(
        _ settings: [Setting<Section>], from node: ConfigurationNode, into section: inout Section
    ) {
        guard let members = members(of: node) else { return }
        for member in members {
            guard let setting = settings.first(where: { $0.key == member.key }) else {
                warnUnknown(member, known: settings.map(\.key))
                continue
            }
            setting.read(&self, member, &section)
            provenance[member.path.description] = .file(line: line(of: member))
        }
    }

    // MARK: Outcome

    package var hasErrors: Bool { findings.contains { $0.finding.severity == .error } }

    /// All findings in the order of the file, without secrets.
    package func orderedFindings(redactedBy redactor: Redactor) -> [Finding] {
        findings.enumerated()
            .sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }
            .map { _, entry in
                var finding = entry.finding
                finding.message = redactor.redact(finding.message)
                return finding
            }
    }
}
