/// Checks whole messages of one protocol revision against its official schema.
package struct MessageValidator: Sendable {
    /// Who sent a message. A message that is right from one side can be wrong from the other.
    package enum Sender: Sendable {
        case server
        case client

        package var other: Sender { self == .server ? .client : .server }
    }

    package let revision: String
    private let schema: SchemaDocument
    /// The tasks extension, which 2026-07-28 has outside the core schema.
    private let extensionSchema: SchemaDocument?
    private let customMethods: Set<String>

    /// - Parameters:
    ///   - revision: the revision that both sides agreed on, such as `2025-06-18`.
    ///   - customMethods: methods outside the protocol that are right all the same; only their envelope is checked.
    package init(revision: String, customMethods: Set<String> = []) throws {
        self.revision = revision
        self.customMethods = customMethods
        schema = try SchemaDocument.named(revision)
        extensionSchema = revision == "2026-07-28" ? try SchemaDocument.named("ext-tasks") : nil
    }

    /// What is wrong with a message, each line led by the JSON path; empty when nothing is.
    ///
    /// - Parameter method: for a response, the method of the request that it answers; `nil` when that is not known,
    ///   which leaves only its envelope to check. Not used for requests and notifications.
    package func problems(in message: [UInt8], sender: Sender, answering method: String? = nil) -> [String] {
        do {
            return problems(in: try JSONTree(parsing: message), sender: sender, answering: method)
        } catch {
            return ["$: \(error)"]
        }
    }

    package func problems(in message: JSONTree, sender: Sender, answering method: String? = nil) -> [String] {
        guard let elements = message.elements else { return problems(inPart: message, at: "$", sender, method) }
        return problems(inBatch: elements)
            + elements.enumerated().flatMap { problems(inPart: $1, at: "$[\($0)]", sender, method) }
    }

    /// What is wrong with a batch as such (only MCP 2025-03-26 has them), whatever is in its parts.
    func problems(inBatch elements: [JSONTree]) -> [String] {
        guard revision == "2025-03-26" else { return ["$: is a batch, which \(revision) does not have"] }
        if elements.isEmpty { return ["$: is an empty batch"] }
        let kinds = Set(elements.map { $0["method"] == nil })
        return kinds.count == 1 ? [] : ["$: mixes responses with requests or notifications in a batch"]
    }

    func problems(inPart message: JSONTree, at path: String, _ sender: Sender, _ method: String?) -> [String] {
        guard message.members != nil else { return ["\(path): is \(message.typeName), should be a JSON-RPC message"] }
        let has = (method: message["method"] != nil, result: message["result"] != nil, error: message["error"] != nil)
        let problems: [SchemaProblem]
        switch has {
        case (true, false, false) where message["id"] != nil: problems = request(message, path, sender)
        case (true, false, false): problems = notification(message, path, sender)
        case (false, true, false): problems = result(message, path, method)
        case (false, false, true): problems = error(message, path)
        default: return ["\(path): has not exactly one of method, result and error"]
        }
        var seen: Set<String> = []
        return problems.map(\.description).filter { seen.insert($0).inserted }
    }

    // MARK: Requests and notifications

    private func request(_ message: JSONTree, _ path: String, _ sender: Sender) -> [SchemaProblem] {
        check(message, path, envelope: "JSONRPCRequest", union: sender == .server ? "ServerRequest" : "ClientRequest")
            ?? unknown(message, path, "request", sender)
    }

    private func notification(_ message: JSONTree, _ path: String, _ sender: Sender) -> [SchemaProblem] {
        check(
            message, path, envelope: "JSONRPCNotification",
            union: sender == .server ? "ServerNotification" : "ClientNotification")
            ?? unknown(message, path, "notification", sender)
    }

    /// `nil` when the union has no definition for the message's method.
    private func check(_ message: JSONTree, _ path: String, envelope: String, union: String) -> [SchemaProblem]? {
        let outer = check(message, as: envelope, path)
        guard let method = message["method"]?.string else { return outer }
        if customMethods.contains(method) { return outer }
        if let definition = definition(for: method, in: union) {
            return outer + check(message, as: definition, path)
        }
        let suffix = union.hasSuffix("Request") ? "Request" : "Notification"
        let isExtensionsSide = union == "ClientRequest" || union == "ServerNotification"
        if isExtensionsSide, let extensionSchema, let definition = extensionDefinition(for: method, suffix) {
            return outer + extensionSchema.check(message, definition, path)
        }
        return nil
    }

    private func unknown(_ message: JSONTree, _ path: String, _ what: String, _ sender: Sender) -> [SchemaProblem] {
        let method = message["method"]?.description ?? ""
        return [
            SchemaProblem(path: "\(path).method", reason: "\(method) is no \(what) of a \(sender) in \(revision)")
        ]
    }

    /// The definition of a method among those that a union such as `ClientRequest` names.
    private func definition(for method: String, in union: String) -> String? {
        guard let schema = schema.definitions[union] else { return nil }
        guard let members = schema.anyOf else {
            // A union of one is written out in place.
            return schema.constantString(ofProperty: "method") == method ? union : nil
        }
        return members.compactMap(\.reference).first { name in
            self.schema.definitions[name]?.constantString(ofProperty: "method") == method
        }
    }

    private func extensionDefinition(for method: String, _ suffix: String) -> Schema? {
        extensionSchema?.definitions.first { name, schema in
            name.hasSuffix(suffix) && schema.constantString(ofProperty: "method") == method
        }?.value
    }

    // MARK: Responses

    private func result(_ message: JSONTree, _ path: String, _ method: String?) -> [SchemaProblem] {
        let envelope = schema.definitions["JSONRPCResultResponse"] == nil ? "JSONRPCResponse" : "JSONRPCResultResponse"
        let outer = check(message, as: envelope, path)
        guard outer.isEmpty, let method, let result = message["result"] else { return outer }
        return check(result, answering: method, "\(path).result")
    }

    private func check(_ result: JSONTree, answering method: String, _ path: String) -> [SchemaProblem] {
        guard !customMethods.contains(method) else { return [] }
        let request = ["ClientRequest", "ServerRequest"].lazy.compactMap { definition(for: method, in: $0) }.first
        guard let request else {
            guard let extensionSchema else { return [] }
            let asked = extensionSchema.definitions.first { name, schema in
                name.hasSuffix("Request") && schema.constantString(ofProperty: "method") == method
            }
            guard let asked, let answer = extensionSchema.definitions[Self.resultName(for: asked.key)] else {
                return []
            }
            return extensionSchema.check(result, answer, path)
        }
        if extensionSchema != nil { return checkModern(result, of: request, path) }
        let isTask = result["task"] != nil && result["content"] == nil && result["action"] == nil
        if isTask, schema.definitions["CreateTaskResult"] != nil { return check(result, as: "CreateTaskResult", path) }
        return check(result, as: Self.resultName(for: request), path)
    }

    /// 2026-07-28, `resultType`: it says which definition the result has to meet. The schema's own union would let any
    /// result pass as an `InputRequiredResult`, which asks for no member of its own.
    private func checkModern(_ result: JSONTree, of request: String, _ path: String) -> [SchemaProblem] {
        let place = "\(path).resultType"
        switch result["resultType"]?.string {
        case "complete":
            return check(result, as: Self.resultName(for: request), path)
        case "input_required":
            let response = schema.definitions["\(request.dropLast("Request".count))ResultResponse"]
            guard let response, response.mentionsInputRequired else {
                return [SchemaProblem(path: place, reason: "input_required may not answer this method")]
            }
            var problems = check(result, as: "InputRequiredResult", path)
            if result["inputRequests"] == nil, result["requestState"] == nil {
                problems.append(SchemaProblem(path: path, reason: "has neither inputRequests nor requestState"))
            }
            return problems
        case "task":
            guard let extensionSchema, let task = extensionSchema.definitions["CreateTaskResult"] else { return [] }
            return extensionSchema.check(result, task, path)
        case let other:
            return [SchemaProblem(path: place, reason: "\(other.map { "\"\($0)\"" } ?? "null") is not known")]
        }
    }

    /// `CallToolRequest` is answered with `CallToolResult`, and with `EmptyResult` what has no result of its own.
    private static func resultName(for request: String) -> String { "\(request.dropLast("Request".count))Result" }

    private func error(_ message: JSONTree, _ path: String) -> [SchemaProblem] {
        let envelope = schema.definitions["JSONRPCErrorResponse"] == nil ? "JSONRPCError" : "JSONRPCErrorResponse"
        let code = message["error"]?["code"]?.int
        var checked = message
        if envelope == "JSONRPCError", message["id"] == .null, code == -32700 || code == -32600 {
            // JSON-RPC 2.0, section 5: null when the request's id could not be read. The older schemas forget it.
            checked = .object(message.members?.map { $0.name == "id" ? .init("id", 0) : $0 } ?? [])
        }
        let problems = check(checked, as: envelope, path)
        guard problems.isEmpty, let code else { return problems }
        for (_, special) in schema.definitions where special.errorCode == code {
            return schema.check(checked, special, path)
        }
        return []
    }

    private func check(_ value: JSONTree, as name: String, _ path: String) -> [SchemaProblem] {
        if let definition = schema.definitions[name] { return schema.check(value, definition, path) }
        // Methods such as ping have no result definition of their own.
        if name.hasSuffix("Result"), let empty = schema.definitions["EmptyResult"] {
            return schema.check(value, empty, path)
        }
        return [SchemaProblem(path: path, reason: "the schema of \(revision) has no definition \(name)")]
    }
}

extension Schema {
    /// The code of an error that has a definition of its own as a whole response, such as -32042.
    fileprivate var errorCode: Int? {
        guard let error = properties.first(where: { $0.name == "error" })?.schema else { return nil }
        for part in error.allOf {
            if let code = part.properties.first(where: { $0.name == "code" })?.schema.constant?.int { return code }
        }
        return nil
    }

    fileprivate var mentionsInputRequired: Bool { references.contains("InputRequiredResult") }
}
