import Configuration

/// Command line arguments, taken one by one; what is left at the end was not understood.
struct Arguments {
    /// Options and operands, in order.
    private var rest: [String]
    /// Operands after `--`, whatever they look like.
    private var literal: [String]
    /// The options somebody asked for, which are those the command knows.
    private var known: [String] = []

    /// - Parameter arguments: without the program's name.
    init(_ arguments: [String]) {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        rest = Array(arguments[..<end])
        literal = Array(arguments[end...].dropFirst())
    }

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
        guard let index = rest.firstIndex(where: names.contains) else { return false }
        rest.remove(at: index)
        return true
    }

    /// The value of `--name VALUE` or `--name=VALUE`. A value that begins with `-` has to be given the second way.
    mutating func takeValue(_ name: String) throws(UsageError) -> String? {
        known.append(name)
        guard let index = rest.firstIndex(where: { $0 == name || $0.hasPrefix(name + "=") }) else { return nil }
        let argument = rest.remove(at: index)
        let value: String
        if argument == name {
            guard index < rest.count, !Self.isOption(rest[index]) else { throw UsageError("\(name) needs a value") }
            value = rest.remove(at: index)
        } else {
            value = String(argument.dropFirst(name.count + 1))
        }
        guard !value.isEmpty else { throw UsageError("\(name) needs a value") }
        return value
    }

    /// Every value of an option that may be given more than once.
    mutating func takeValues(_ name: String) throws(UsageError) -> [String] {
        var values: [String] = []
        while let value = try takeValue(name) { values.append(value) }
        return values
    }

    /// - Throws: if anything is left.
    func finish() throws(UsageError) {
        guard let first = rest.first ?? literal.first else { return }
        guard Self.isOption(first), !rest.isEmpty else {
            throw UsageError("unexpected argument \"\(first.shortened)\"")
        }
        let name = String(first.prefix { $0 != "=" })
        guard !known.contains(name) else {
            throw UsageError(
                first == name ? "\(name) was given more than once" : "\(name) takes no value, or only one")
        }
        throw UsageError("unknown option", name, among: known)
    }

    /// `-` alone stands for standard input.
    private static func isOption(_ argument: String) -> Bool { argument.hasPrefix("-") && argument != "-" }
}
