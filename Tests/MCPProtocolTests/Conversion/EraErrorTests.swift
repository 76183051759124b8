import MCPProtocol
import TestSupport
import Testing

@Suite("errors between the eras")
struct EraErrorTests {
    private func converted(
        _ code: Int, _ data: String?, _ source: ProtocolRevision, _ target: ProtocolRevision, uri: String? = nil
    ) throws -> String {
        let error = JSONRPCError(code: code, message: "m", data: try data.map { try RawJSON(validating: $0) })
        let converted = error.converted(from: source, for: target, server: "s", reading: uri)
        return String(decoding: converted.encode(), as: UTF8.self)
    }

    @Test(
        "a resource that does not exist is one in both",
        arguments: [
            (-32002, nil, .v2025_06_18, .v2026_07_28, #"{"code":-32602,"message":"m","data":{"uri":"a:b"}}"#),
            (
                -32002, #"{"uri":"c:d"}"#, .v2024_11_05, .v2026_07_28,
                #"{"code":-32602,"message":"m","data":{"uri":"c:d"}}"#
            ),
            (
                -32002, #"{"k":1.0}"#, .v2026_07_28, .v2026_07_28,
                #"{"code":-32602,"message":"m","data":{"k":1.0,"uri":"a:b"}}"#
            ),
            (-32002, #""text""#, .v2025_11_25, .v2026_07_28, #"{"code":-32602,"message":"m","data":{"uri":"a:b"}}"#),
            (
                -32602, #"{"uri":"a:\u0062"}"#, .v2026_07_28, .v2025_11_25,
                #"{"code":-32002,"message":"m","data":{"uri":"a:\u0062"}}"#
            ),
            (
                -32602, #"{"uri":"other"}"#, .v2026_07_28, .v2025_11_25,
                #"{"code":-32602,"message":"m","data":{"uri":"other"}}"#
            ),
            (-32602, nil, .v2026_07_28, .v2025_11_25, #"{"code":-32602,"message":"m"}"#),
            (
                -32602, #"{"uri":"a:b"}"#, .v2026_07_28, .v2026_07_28,
                #"{"code":-32602,"message":"m","data":{"uri":"a:b"}}"#
            ),
            (-32002, nil, .v2025_06_18, .v2024_11_05, #"{"code":-32002,"message":"m"}"#),
        ] as [(Int, String?, ProtocolRevision, ProtocolRevision, String)])
    func notFound(
        code: Int, data: String?, source: ProtocolRevision, target: ProtocolRevision, expected: String
    ) throws {
        #expect(try converted(code, data, source, target, uri: "a:b") == expected)
    }

    @Test(
        "what went wrong between the gateway and its server is an internal error",
        arguments: [
            (-32601, .v2025_11_25, .v2026_07_28, true), (-32601, .v2026_07_28, .v2025_11_25, true),
            (-32601, .v2025_11_25, .v2025_06_18, false), (-32020, .v2026_07_28, .v2026_07_28, true),
            (-32022, .v2026_07_28, .v2024_11_05, true), (-32700, .v2025_03_26, .v2026_07_28, true),
            (-32600, .v2026_07_28, .v2026_07_28, true), (-32021, .v2026_07_28, .v2025_11_25, true),
            (-32021, .v2026_07_28, .v2026_07_28, false), (-32042, .v2025_11_25, .v2026_07_28, true),
            (-32042, .v2025_11_25, .v2025_11_25, false), (-32000, .v2025_11_25, .v2026_07_28, false),
            (7, .v2026_07_28, .v2025_11_25, false),
        ] as [(Int, ProtocolRevision, ProtocolRevision, Bool)])
    func internalErrors(
        code: Int, source: ProtocolRevision, target: ProtocolRevision, isInternal: Bool
    ) throws {
        #expect(
            try converted(code, #"{"k":1e0}"#, source, target)
                == (isInternal
                    ? #"{"code":-32603,"message":"server \"s\": m (\#(code))","data":{"k":1e0}}"#
                    : #"{"code":\#(code),"message":"m","data":{"k":1e0}}"#))
    }
}
