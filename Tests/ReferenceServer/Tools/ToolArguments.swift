import MCPProtocol

/// The arguments of a call, looked up and checked by name. A problem with one is a result with `isError` that names it,
/// so that a model can correct itself (MCP 2025-11-25, Tools, "Error Handling").
struct ToolArguments: Sendable {
    let object: RawJSON?

    /// The JSON string as it was written, for a tool that hands it back.
    func rawString(_ name: String) throws(ToolFailure) -> RawJSON {
        guard let value = object?.member(name) else { throw .failed("argument \"\(name)\" is missing") }
        guard value.kind == .string else { throw .failed("argument \"\(name)\" is not a string") }
        return value
    }

    /// - Parameter fallback: what an absent argument stands for; without one the argument is required.
    func string(_ name: String, default fallback: String? = nil) throws(ToolFailure) -> String {
        if let fallback, object?.member(name) == nil { return fallback }
        return try rawString(name).stringValue ?? ""
    }

    func string(_ name: String, oneOf known: [String]) throws(ToolFailure) -> String {
        let value = try string(name, default: known.first)
        guard known.contains(value) else {
            throw .failed("argument \"\(name)\" is \"\(value)\", not one of \(known.joined(separator: ", "))")
        }
        return value
    }

    func integer(_ name: String, in range: ClosedRange<Int64>, default fallback: Int64? = nil) throws(ToolFailure)
        -> Int64
    {
        guard let value = object?.member(name) else {
            if let fallback { return fallback }
            throw .failed("argument \"\(name)\" is missing")
        }
        guard let number = value.intValue, range.contains(number) else {
            throw .failed(
                "argument \"\(name)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(ToolFailure) -> Double {
        guard let value = object?.member(name) else { throw .failed("argument \"\(name)\" is missing") }
        guard let number = value.doubleValue, range.contains(number) else {
            throw .failed("argument \"\(name)\" is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func bool(_ name: String, default fallback: Bool) throws(ToolFailure) -> Bool {
        guard let value = object?.member(name) else { return fallback }
        guard let bool = value.boolValue else { throw .failed("argument \"\(name)\" is neither true nor false") }
        return bool
    }
}
