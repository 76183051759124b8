/// Command line arguments, taken one by one; what is left at the end was not understood.
struct Arguments {
    private var rest: [String]

    init(_ arguments: [String]) { rest = arguments }

    /// The first argument that is no option.
    mutating func takeCommand() -> String? {
        guard let first = rest.first, !first.hasPrefix("-") else { return nil }
        return rest.removeFirst()
    }

    /// The next argument that is no option.
    mutating func takeOperand() -> String? {
        guard let index = rest.firstIndex(where: { !$0.hasPrefix("-") || $0 == "-" }) else { return nil }
        return rest.remove(at: index)
    }

    mutating func takeFlag(_ names: String...) -> Bool {
        guard let index = rest.firstIndex(where: names.contains) else { return false }
        rest.remove(at: index)
        return true
    }

    /// The value of `--name VALUE` or `--name=VALUE`.
    mutating func takeValue(_ name: String) throws(UsageError) -> String? {
        if let index = rest.firstIndex(where: { $0.hasPrefix(name + "=") }) {
            return String(rest.remove(at: index).dropFirst(name.count + 1))
        }
        guard let index = rest.firstIndex(of: name) else { return nil }
        guard index + 1 < rest.count else { throw UsageError("\(name) needs a value") }
        defer { rest.removeSubrange(index...(index + 1)) }
        return rest[index + 1]
    }

    /// Every value of an option that may be given more than once.
    mutating func takeValues(_ name: String) throws(UsageError) -> [String] {
        var values: [String] = []
        while let value = try takeValue(name) { values.append(value) }
        return values
    }

    func finish() throws(UsageError) {
        if let first = rest.first { throw UsageError("unexpected argument \"\(first)\"; try --help") }
    }
}
