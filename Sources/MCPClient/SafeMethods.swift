/// Methods without effect at the server, which may therefore reach it twice. `initialize` is not one: it makes a session.
enum SafeMethods {
    static func contains(_ method: String) -> Bool {
        // By far the most frequent one.
        guard method != "tools/call" else { return false }
        return switch method {
        case "ping", "tools/list", "resources/list", "resources/templates/list", "resources/read", "prompts/list",
            "prompts/get", "completion/complete", "logging/setLevel", "resources/subscribe", "resources/unsubscribe",
            "tasks/get", "tasks/list", "server/discover", "subscriptions/listen":
            true
        default: false
        }
    }
}
