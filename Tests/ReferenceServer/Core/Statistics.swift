import MCPProtocol

/// How many messages of each kind have arrived since the process started.
struct Statistics: Sendable {
    /// Only these are told apart; the names of all others come from outside and have no bound.
    private static let known: Set<String> = [
        "initialize", "notifications/initialized", "notifications/cancelled", "ping", "tools/list", "tools/call",
        "logging/setLevel", "resources/list", "resources/templates/list", "resources/read", "resources/subscribe",
        "resources/unsubscribe", "prompts/list", "prompts/get", "completion/complete", "tasks/get", "tasks/result",
        "tasks/list", "tasks/cancel", "tasks/update", "server/discover", "subscriptions/listen",
        "notifications/progress", "notifications/roots/list_changed",
    ]

    private var counts: [String: Int] = [:]
    private var others = 0
    private var calls = 0

    mutating func count(_ method: String) {
        if method == "tools/call" {
            calls += 1  // The hot path spares the look-up.
        } else if Self.known.contains(method) {
            counts[method, default: 0] += 1
        } else {
            others += 1
        }
    }

    var json: JSONValue {
        var object = JSONObject()
        for method in Self.known.sorted() {
            object[method] = JSONValue(method == "tools/call" ? calls : counts[method, default: 0])
        }
        object["other"] = JSONValue(others)
        return .object(object)
    }
}
