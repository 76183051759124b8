import MCPProtocol

/// A language model: where it is served and how to talk to it.
struct LLMSettings: Sendable {
    enum Style: String, Sendable, CaseIterable {
        /// `{baseUrl}/chat/completions`, `Authorization: Bearer`.
        case openai
        /// `{baseUrl}/openai/deployments/{model}/chat/completions`, `Api-Key`.
        case dial
    }

    enum Auth: String, Sendable, CaseIterable {
        /// The configured key, or none.
        case `static`
        /// The caller's own key, which is good for this request only.
        case passthrough
    }

    struct Timeouts: Sendable {
        var connect = Duration.seconds(5)
        var firstByte = Duration.seconds(60)
        /// Silence between two pieces of an answer.
        var idle = Duration.seconds(60)
        var total = Duration.seconds(300)
    }

    /// The name other settings refer to it by.
    var name = "main"
    var style = Style.openai
    var baseURL = ""
    var apiVersion: String?
    var auth = Auth.static
    var apiKey: String?
    var headers: [(name: String, value: String)] = []
    var model = ""
    /// Members of every request.
    var parameters: [(name: String, value: RawJSON)] = []
    var hasVision = true
    var hasAudio = false
    var contextTokens = 128_000
    var usesCacheKey = false
    var timeouts = Timeouts()
    var retry = RetryPolicy()
    /// Names of models to try when this one fails.
    var fallback: [String] = []
    /// In money per million tokens: input, cached input, output.
    var price: (input: Double, cached: Double, output: Double)?

    /// Where chat completions are posted.
    var url: String {
        let base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        switch style {
        case .openai: return base + "/chat/completions"
        case .dial:
            let query = apiVersion.map { "?api-version=" + $0 } ?? ""
            return base + "/openai/deployments/" + Self.escaped(model) + "/chat/completions" + query
        }
    }

    /// Whether answers may be compressed. A server on plain `http` is near, where compressing costs more than it saves.
    var takesCompression: Bool { baseURL.lowercased().hasPrefix("https:") }

    /// A path segment (RFC 3986, section 3.3).
    private static func escaped(_ segment: String) -> String {
        var text = ""
        for byte in segment.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "@"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    func cost(of usage: LLMUsage) -> Double {
        guard let price else { return 0 }
        let cached = min(usage.cachedTokens, usage.promptTokens)
        return
            (Double(usage.promptTokens - cached) * price.input + Double(cached) * price.cached
            + Double(usage.completionTokens) * price.output) / 1_000_000
    }
}
