/// How the bridge reaches the gateway.
struct GatewaySettings: Sendable, Equatable {
    static let defaultURL = "http://127.0.0.1:8808/mcp"

    struct Header: Sendable, Equatable {
        var name: String
        var value: String
    }

    var url = GatewaySettings.defaultURL
    var headers: [Header] = []
    /// Names of request headers that go on to the gateway; callers who differ in them get sessions of their own.
    var forwardHeaders: [String] = []
    /// Whether a run without tools is better than none.
    var isRequired = true
    /// How long a list of tools is good when the gateway does not say.
    var toolCache = Duration.seconds(60)

    static let connectTimeout = Duration.seconds(5)
    static let listTimeout = Duration.seconds(15)
}
