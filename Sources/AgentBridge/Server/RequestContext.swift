import AsyncIO
import MCPProtocol

/// What the header fields of a request say, beside its body.
enum RequestContext {
    static let maxIDBytes = 128

    static func identity(_ head: HTTPRequestHead) -> RequestIdentity {
        var identity = RequestIdentity()
        identity.requestID =
            printable(head.headers.first("X-Request-Id")) ?? "req_" + RandomToken.hexadecimal(24)
        let parent = head.headers.first("traceparent")
        identity.traceparent = childTrace(of: parent)
        if let parts = parent?.split(separator: "-"), parts.count >= 4,
            identity.traceparent?.split(separator: "-").dropFirst().first == parts[1]
        {
            identity.parentSpan = String(parts[2])
        }
        if parent != nil, let state = head.headers.first("tracestate"), state.utf8.count <= 512 {
            identity.tracestate = state
        }
        identity.conversationID =
            printable(head.headers.first("X-CONVERSATION-ID")) ?? printable(head.headers.first("X-Session-Id"))
        identity.jobTitle = printable(head.headers.first("X-JOB-TITLE"))
        return identity
    }

    private static func printable(_ text: String?) -> String? {
        guard let text, 1...maxIDBytes ~= text.utf8.count, text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
            return nil
        }
        return text
    }

    /// A trace context one step further down, of the caller's trace or a new one (W3C Trace Context, "traceparent").
    static func childTrace(of parent: String?) -> String {
        let span = RandomToken.hexadecimal(16)
        let parts = (parent ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[1].utf8.count == 32,
            parts[2].utf8.count == 16, parts[3].utf8.count == 2,
            parts[0...3].allSatisfy({ $0.utf8.allSatisfy(isLowerHexadecimal) }),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return "00-\(RandomToken.hexadecimal(32))-\(span)-00" }
        return "00-\(parts[1])-\(span)-\(parts[3])"
    }

    private static func isLowerHexadecimal(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }
}
