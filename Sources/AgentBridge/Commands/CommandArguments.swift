import Configuration

/// Arguments that make no sense. Exit code 2.
struct UsageError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

/// Command line arguments, taken one by one; what is left at the end was not understood.
struct CommandArguments {
    private var rest: [String]
    /// Operands after `--`, whatever they look like.
    private var literal: [String]
    private var known: [String] = ["--help"]

    /// - Parameter arguments: without the program's name.
    init(_ arguments: [String]) {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        rest = Array(arguments[..<end])
        literal = Array(arguments[end...].dropFirst())
    }

    private static func isOption(_ text: String) -> Bool { text.hasPrefix("-") && text != "-" }

    /// The first argument, unless it is an option.
    mutating func takeCommand() -> String? {
        guard let first = rest.first, !Self.isOption(first) else { return nil }
        return rest.removeFirst()
    }

    /// The next argument that is no option. To be taken after all options that have values.
    mutating func takeOperand() -> String? {
        if let index = rest.firstIndex(where: { !Self.isOption($0) }) { return rest.remove(at: index) }
        return literal.isEmpty ? nil : literal.removeFirst()
    }

    mutating func takeFlag(_ names: String...) -> Bool {
        known += names
        let count = rest.count
        rest.removeAll { names.contains($0) }
        return rest.count < count
    }

    /// The value of an option, as `--name value` or `--name=value`; the last one counts.
    mutating func takeValue(_ name: String) throws(UsageError) -> String? { try takeValues(name).last }

    mutating func takeValues(_ name: String) throws(UsageError) -> [String] {
        known.append(name)
        var values: [String] = []
        while let index = rest.firstIndex(where: { $0 == name || $0.hasPrefix(name + "=") }) {
            let option = rest.remove(at: index)
            if option != name {
                values.append(String(option.dropFirst(name.count + 1)))
            } else {
                guard index < rest.count, !rest[index].hasPrefix("--") else {
                    throw UsageError("\(name) needs a value")
                }
                values.append(rest.remove(at: index))
            }
        }
        return values
    }

    /// - Throws: what was not understood.
    func finish() throws(UsageError) {
        guard let left = rest.first ?? literal.first else { return }
        guard Self.isOption(left) else { throw UsageError("\"\(left.shortened)\" is one argument too many") }
        let name = left.split(separator: "=", maxSplits: 1).first.map(String.init) ?? left
        let hint = NameSuggestion.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
        throw UsageError("unknown option \(name.shortened)\(hint)")
    }
}
