/// A result that asks instead of answering: MCP 2026-07-28, "Multi Round-Trip Requests".
package struct InputRequired: Equatable, Sendable {
    package struct Question: Equatable, Sendable {
        /// The server's own name for it, unique in the result.
        package let key: String
        /// `elicitation/create`, `sampling/createMessage` or `roots/list`, unless the server breaks the rules.
        package let method: String
        /// An object.
        package let params: RawJSON?

        package init(key: String, method: String, params: RawJSON?) {
            self.key = key
            self.method = method
            self.params = params
        }
    }

    /// In the order of the result.
    package let questions: [Question]
    /// To be given back with the answers, as it is; `nil`: give none back.
    package let requestState: String?

    package init(questions: [Question], requestState: String?) {
        self.questions = questions
        self.requestState = requestState
    }

    /// What a result is for: MCP 2026-07-28, Base Protocol, "`resultType`". Absent, it is the answer.
    package static func isResultType(_ type: StaticString, of result: RawJSON) -> Bool {
        guard let given = result.member("resultType"), given.kind == .string else { return "\(type)" == "complete" }
        return given.isString(type)
    }

    /// - Returns: `nil` for a result that is something else.
    /// - Throws: when the result asks, but not in a form that could be answered.
    package init?(result: RawJSON) throws(MessageError) {
        guard Self.isResultType("input_required", of: result) else { return nil }
        let (requests, state) = result.members("inputRequests", "requestState")
        if let state, !state.isNull, state.kind != .string {
            throw MessageError(path: "result.requestState", fact: "must be a string")
        }
        requestState = state?.stringValue
        questions = try Self.questions(in: requests, path: "result.inputRequests")
        guard !questions.isEmpty || requestState != nil else {
            throw MessageError(
                path: "result", fact: "has neither inputRequests nor requestState")
        }
    }

    /// Questions by their keys, as an object.
    ///
    /// - Parameter path: where they stand, for errors. What is absent or `null` asks nothing.
    static func questions(in requests: RawJSON?, path: String) throws(MessageError) -> [Question] {
        guard let requests, !requests.isNull else { return [] }
        guard requests.kind == .object else { throw MessageError(path: path, fact: "must be an object") }
        var questions: [Question] = []
        var keys: Set<String> = []
        for (key, request) in requests.members {
            let (method, params) = request.members("method", "params")
            guard let method = method?.stringValue else {
                throw MessageError(path: "\(path)[\"\(key)\"].method", fact: "must be a string")
            }
            guard keys.insert(key).inserted else {
                throw MessageError(path: "\(path)[\"\(key)\"]", fact: "appears more than once")
            }
            let given = params.flatMap { $0.isNull ? nil : $0 }
            if let given, given.kind != .object {
                throw MessageError(path: "\(path)[\"\(key)\"].params", fact: "must be an object")
            }
            questions.append(Question(key: key, method: method, params: given))
        }
        return questions
    }

    static func write(_ questions: [Question], to writer: inout JSONWriter) {
        writer.beginObject()
        for question in questions {
            writer.key(question.key)
            writer.beginObject()
            writer.key("method")
            writer.string(question.method)
            if let params = question.params {
                writer.key("params")
                writer.raw(params)
            }
            writer.endObject()
        }
        writer.endObject()
    }

    /// The result as JSON.
    ///
    /// - Parameter serverInfo: who asks, an object.
    package func encode(serverInfo: [UInt8]? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("resultType")
        writer.string("input_required")
        if !questions.isEmpty {
            writer.key("inputRequests")
            Self.write(questions, to: &writer)
        }
        if let requestState {
            writer.key("requestState")
            writer.string(requestState)
        }
        if let serverInfo {
            writer.key("_meta")
            writer.beginObject()
            writer.key(MetaKey.serverInfo)
            writer.raw(serverInfo)
            writer.endObject()
        }
        writer.endObject()
        return writer.finish()
    }
}

/// What a client gives back when it asks again: the params of the request as they were, with these members.
package struct InputAnswers: Sendable {
    /// By the keys of the questions. Not looked into: see ``QuestionForClient/isValidAnswer(method:result:)``.
    package let responses: [(key: String, value: RawJSON)]
    package let requestState: String?
    /// Whether the params have either member.
    package let isRetry: Bool

    /// `null` is read as no answers and no state.
    ///
    /// - Throws: when a member is not of its type, or it or an answer stands there more than once.
    package init(params: RawJSON?) throws(MessageError) { try self.init(RequestMembers(params)) }

    /// ``init(params:)`` where the members have been found.
    package init(_ members: RequestMembers) throws(MessageError) {
        try members.refuseRepeated(.inputResponses, .requestState)
        let responses = members[.inputResponses].flatMap { $0.isNull ? nil : $0 }
        let state = members[.requestState].flatMap { $0.isNull ? nil : $0 }
        if let responses, responses.kind != .object {
            throw MessageError(path: "params.inputResponses", fact: "must be an object")
        }
        if let state, state.kind != .string {
            throw MessageError(path: "params.requestState", fact: "must be a string")
        }
        self.responses = (responses?.members ?? []).map { (key: $0.name, value: $0.value) }
        var keys: Set<String> = []
        for (key, _) in self.responses where !keys.insert(key).inserted {
            throw MessageError(path: "params.inputResponses[\"\(key)\"]", fact: "appears more than once")
        }
        requestState = state?.stringValue
        isRetry = responses != nil || state != nil
    }
}

extension RawJSON {
    /// These params of a request asked again with answers to its questions.
    ///
    /// - Parameters:
    ///   - responses: an object of answers by the keys of their questions; `nil` leaves the member out.
    ///   - state: as the server gave it; `nil` leaves the member out.
    package func answering(_ responses: [UInt8]?, requestState state: String?) -> RawJSON {
        var editor = ObjectEditor(self, ["inputResponses", "requestState"])
        if let responses { editor.set(0, to: responses) } else { editor.remove(0) }
        if let state { editor.set(1, to: JSONWriter.quote(state)) } else { editor.remove(1) }
        return editor.finish()
    }
}
