import MCPProtocol

/// The arguments of a call as a model wrote them, checked before anything reaches a server.
enum ToolArguments {
    /// Why a call is not made, in words for the model.
    struct Refusal: Error, Equatable {
        let message: String
    }

    static let maxBytes = 1 << 20

    /// - Returns: an object. Nothing and `null` mean an empty one.
    static func parse(_ text: String, schema: RawJSON) throws(Refusal) -> RawJSON {
        guard text.utf8.count <= maxBytes else {
            throw Refusal(message: "the arguments have \(text.utf8.count) bytes; the limit is \(maxBytes)")
        }
        let arguments: RawJSON
        if text.allSatisfy(\.isWhitespace) {
            arguments = .emptyObject
        } else {
            do throws(JSONError) {
                arguments = try RawJSON(validating: text)
            } catch {
                throw Refusal(message: "the arguments are not valid JSON: \(error)")
            }
        }
        if arguments.isNull { return try check(.emptyObject, schema) }
        guard arguments.kind == .object else {
            throw Refusal(message: "the arguments must be a JSON object")
        }
        return try check(arguments, schema)
    }

    private static func check(_ arguments: RawJSON, _ schema: RawJSON) throws(Refusal) -> RawJSON {
        let problems = SchemaCheck.problems(of: arguments, schema: schema)
        guard problems.isEmpty else {
            throw Refusal(
                message: "the arguments do not fit the tool's schema: " + problems.joined(separator: "; "))
        }
        return arguments
    }
}
