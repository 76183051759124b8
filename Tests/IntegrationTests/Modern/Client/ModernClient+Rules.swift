import TestSupport

/// Rules of 2026-07-28 that a schema cannot express: what may come where, and when.
extension ModernClient.Inbox {
    private static let subscriptionID = "io.modelcontextprotocol/subscriptionId"

    /// A message that came for a request.
    mutating func note(_ message: JSONTree, of request: JSONTree) {
        let id = request["id"] ?? .null
        guard let method = message["method"]?.string else {
            if message["id"] != id { problems.append("the response to \(id) is \(message)") }
            return
        }
        if message["id"] != nil { problems.append("a request of the server: \(message)") }
        told.append(message)
        if request["method"] == "subscriptions/listen" { return note(message, method, heardOn: id, of: request) }
        let meta = request["params"]?["_meta"]
        switch method {
        case "notifications/progress":
            if message["params"]?["progressToken"] != meta?["progressToken"] {
                problems.append("progress of something else than request \(id): \(message)")
            }
        case "notifications/message":
            if meta?["io.modelcontextprotocol/logLevel"] == nil {
                problems.append("a log message for request \(id), which wants none: \(message)")
            }
        default: problems.append("\(method) came for request \(id): \(message)")
        }
    }

    private mutating func note(_ message: JSONTree, _ method: String, heardOn id: JSONTree, of request: JSONTree) {
        let isFirst = heard[id] == nil
        heard[id, default: []].append(message)
        if isFirst != (method == "notifications/subscriptions/acknowledged") {
            problems.append("\(method) came \(isFirst ? "before the" : "as another") acknowledgement of \(id)")
        }
        if message["params"]?["_meta"]?[Self.subscriptionID] != id {
            problems.append("subscription \(id) sends what is not tagged as its own: \(message)")
        }
        let filter = request["params"]?["notifications"]
        let isWanted =
            switch method {
            case "notifications/subscriptions/acknowledged", "notifications/cancelled": true
            case "notifications/tools/list_changed": filter?["toolsListChanged"] == true
            case "notifications/prompts/list_changed": filter?["promptsListChanged"] == true
            case "notifications/resources/list_changed": filter?["resourcesListChanged"] == true
            case "notifications/resources/updated": filter?["resourceSubscriptions"]?.elements?.isEmpty == false
            case "notifications/tasks": filter?["taskIds"]?.elements?.isEmpty == false
            default: false
            }
        if !isWanted { problems.append("subscription \(id) sends what was not asked for: \(message)") }
    }

    /// A message on a stream that requests share, which names none of those that wait.
    mutating func note(stray message: JSONTree) {
        guard let method = message["method"]?.string, message["id"] == nil else {
            problems.append("a message that belongs to no request: \(message)")
            return
        }
        told.append(message)
        if method != "notifications/progress", method != "notifications/message" {
            problems.append("\(method) came outside of subscriptions: \(message)")
        }
        if message["params"]?["_meta"]?[Self.subscriptionID] != nil {
            problems.append("a subscription that has ended goes on: \(message)")
        }
    }

    mutating func note(question: JSONTree, declared capabilities: JSONTree) {
        asked.append(question)
        let params = question["params"]
        let isDeclared =
            switch question["method"]?.string {
            case "roots/list": capabilities["roots"] != nil
            case "sampling/createMessage":
                params?["tools"] == nil
                    ? capabilities["sampling"] != nil : capabilities["sampling"]?["tools"] != nil
            case "elicitation/create":
                params?["mode"] == "url"
                    ? capabilities["elicitation"]?["url"] != nil
                    : capabilities["elicitation"].map { $0["form"] != nil || $0["url"] == nil } ?? false
            default: false
            }
        if !isDeclared { problems.append("asked is what the client has not declared: \(question)") }
    }

    /// What HTTP said about the answer to a request.
    mutating func check(_ facts: HTTPFacts, _ response: JSONTree?, of request: JSONTree) {
        let place = "the answer to \(request["method"] ?? .null) \(request["id"] ?? .null)"
        if facts.head["Mcp-Session-Id"] != nil { problems.append("\(place) has a session id") }
        if facts.hasEventIDs { problems.append("\(place) has events with ids") }
        let status = facts.head.status
        let expected: Int?
        switch response?["error"]?["code"]?.int {
        case nil: expected = 200
        case -32601: expected = 404
        case -32700, -32600, -32020, -32021, -32022: expected = 400
        default: expected = nil
        }
        // What turns out after a stream has begun is told on it.
        let isRight =
            expected.map { status == $0 || facts.isStream && status == 200 } ?? (status == 200 || status == 400)
        if !isRight { problems.append("\(place) has the status \(status): \(response ?? .null)") }
    }
}
