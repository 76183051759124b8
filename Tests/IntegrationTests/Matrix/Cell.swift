import TestSupport

/// One combination, with what a feature needs to be tried in it.
struct Cell: Sendable {
    let matrix: MatrixClient
    let server: MatrixServer

    /// What a feature did not come to.
    struct Mismatch: Error, CustomStringConvertible {
        let description: String
    }

    var client: any ProtocolClient { matrix.client }
    /// The client's revision.
    var front: Revision { matrix.kind.revision }
    /// The server's revision.
    var back: Revision { server.revision }
    /// The older of both: what neither knows more than.
    var common: Revision { min(front, back) }

    // MARK: Calling

    /// What goes into questions, so that they can be told from those of other cells.
    func tag(_ feature: String) -> String { "\(feature) of \(server.name)" }

    func call(
        _ tool: String, _ arguments: JSONTree = [:], meta: JSONTree? = nil, task: JSONTree? = nil
    ) async throws -> ClientAnswer {
        try await client.request("tools/call", callParams(tool, arguments, meta: meta, task: task))
    }

    func callParams(
        _ tool: String, _ arguments: JSONTree = [:], meta: JSONTree? = nil, task: JSONTree? = nil
    ) -> JSONTree {
        var params: [JSONTree.Member] = [
            .init("name", .string(server.exposed(name: tool))), .init("arguments", arguments),
        ]
        if let meta { params.append(.init("_meta", meta)) }
        if let task { params.append(.init("task", task)) }
        return .object(params)
    }

    /// The result of a request that must have one.
    func result(_ method: String, _ params: JSONTree? = nil) async throws -> JSONTree {
        let answer = try await client.request(method, params)
        return try require(answer.result, "\(method) \(params ?? [:]) got \(Self.shown(answer.response))")
    }

    /// The text of a tool's first content, which must be no error.
    func text(of tool: String, _ arguments: JSONTree = [:]) async throws -> String {
        let answer = try await call(tool, arguments)
        try expect(answer.result?["isError"] != true, "\(tool) got \(Self.shown(answer.response))")
        return try require(
            answer.result?["content"]?[0]?["text"]?.string, "\(tool) got \(Self.shown(answer.response))")
    }

    /// The text of a tool's first content, which must be JSON.
    func json(of tool: String, _ arguments: JSONTree = [:]) async throws -> JSONTree {
        try JSONTree(parsing: try await text(of: tool, arguments))
    }

    /// Asks a tool again and again until its text is right.
    func wait(for what: String, _ tool: String, where match: (JSONTree) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let found = try await json(of: tool)
            if match(found) { return }
            try expect(ContinuousClock.now < deadline, "\(tool) still answers \(found), not \(what)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    // MARK: Expecting

    func expect(_ isRight: Bool, _ fact: @autoclosure () -> String) throws {
        if !isRight { throw Mismatch(description: fact()) }
    }

    func require<Value>(_ value: Value?, _ fact: @autoclosure () -> String) throws -> Value {
        guard let value else { throw Mismatch(description: fact()) }
        return value
    }

    /// Expects the same JSON value, in whatever order members are.
    func expect(_ actual: JSONTree?, means expected: JSONTree, _ what: String) throws {
        try expect(
            actual?.means(expected) == true, "\(what) is \(Self.shown(actual)), should be \(Self.shown(expected))")
    }

    func expect(_ actual: String, is expected: String, _ what: String) throws {
        try expect(actual == expected, "\(what) is \"\(actual)\", should be \"\(expected)\"")
    }

    /// Expects a result that says it is an error, with this text.
    func expectToolError(_ answer: ClientAnswer, _ text: String) throws {
        try expect(
            answer.result?["isError"] == true && answer.result?["content"]?[0]?["text"]?.string == text,
            "got \(Self.shown(answer.response)), should be the tool's error \"\(text)\"")
    }

    /// Expects a JSON-RPC error.
    func expectError(_ answer: ClientAnswer, code: Int) throws {
        try expect(
            answer.error?["code"]?.int == code, "got \(Self.shown(answer.response)), should be the error \(code)")
    }

    /// The feature cannot be had here; what follows tries that it is refused.
    func meets(_ limit: Limit) { matrix.limits.withLock { $0[limit, default: 0] += 1 } }

    /// Expects that there is no such tool, as its server's revision cannot express what it does.
    func expectUnknown(_ tool: String, _ arguments: JSONTree = [:]) async throws {
        meets(.revision)
        try await expectError(call(tool, arguments), code: -32602)
    }

    private static func shown(_ value: JSONTree?) -> String { String((value?.description ?? "nothing").prefix(600)) }
}

/// Something that has to work, or be refused in the right way, in every cell.
struct Feature: Sendable {
    let name: String
    /// Whether nothing else may go on in the client's session meanwhile.
    var isAlone = false
    /// Done once before it is tried with each server.
    var prepare: (@Sendable (MatrixClient) async throws -> Void)?
    let body: @Sendable (Cell) async throws -> Void

    init(
        _ name: String, isAlone: Bool = false, prepare: (@Sendable (MatrixClient) async throws -> Void)? = nil,
        _ body: @escaping @Sendable (Cell) async throws -> Void
    ) {
        self.name = name
        self.isAlone = isAlone
        self.prepare = prepare
        self.body = body
    }

    static let all = session + lists + content + calls + resources + prompts + questions + urls + tasks + changes
}
