import Configuration
import Testing

@testable import Gateway

@Suite("The section state")
struct StateSectionTests {
    private func parseState(_ state: String) -> ConfigurationOutcome {
        parse(#"{"mcpServers":{"x":{"command":"x"}},"state":\#(state)}"#, ["KEY": "0123456789abcdef"])
    }

    @Test(
        "a folder is found as all paths of the file are",
        arguments: [
            ("state", "/etc/mcp/state"), ("./a/../b", "/etc/mcp/b"), ("~/gateway", "/home/ann/gateway"),
            ("/var/lib/gateway", "/var/lib/gateway"),
        ])
    func folder(written: String, meant: String) {
        let outcome = parseState(#"{"dir":"\#(written)"}"#)
        #expect(outcome.lines == [])
        #expect(outcome.configuration?.state == StateConfiguration(dir: meant))
    }

    @Test("keys are read, and shown nowhere")
    func keys() {
        let outcome = parseState(#"{"key":"${KEY}","previousKeys":["fedcba9876543210"]}"#)
        #expect(outcome.lines == [])
        #expect(
            outcome.configuration?.state
                == StateConfiguration(key: "0123456789abcdef", previousKeys: ["fedcba9876543210"]))
        let shown = outcome.explained().map { "\($0)" }.joined(separator: "\n")
        #expect(!shown.contains("0123456789abcdef"))
        #expect(!shown.contains("fedcba9876543210"))
    }

    @Test("what is in effect is explained")
    func explained() {
        let outcome = parseState("{\n\"dir\":\"state\",\n\"key\":\"${KEY}\"}")
        let settings = outcome.explained().filter { $0.path.hasPrefix("$.state.") }
        #expect(
            settings == [
                EffectiveSetting(path: "$.state.dir", value: "\"/etc/mcp/state\"", source: .file(line: 2)),
                EffectiveSetting(path: "$.state.key", value: "\"[redacted:KEY]\"", source: .file(line: 3)),
                EffectiveSetting(path: "$.state.previousKeys", value: "[]", source: .builtIn),
            ])
        #expect(
            parse("{}").explained().filter { $0.path.hasPrefix("$.state.") }.map(\.value) == ["null", "null", "[]"])
    }

    @Test(
        "what is wrong is named, and a key is not repeated",
        arguments: [
            (#"{"dir":""}"#, "error: $.state.dir: must name a directory"),
            (#"{"dir":7}"#, "error: $.state.dir: "),
            (#"{"key":"fifteen-bytes-!"}"#, "error: $.state.key: has 15 bytes"),
            (#"{"key":7}"#, "error: $.state.key: "), (#"{"previousKeys":"x"}"#, "error: $.state.previousKeys: "),
            (#"{"key":"0123456789abcdef","previousKeys":["short"]}"#, "error: $.state.previousKeys[0]: has 5 bytes"),
            (#"{"directory":"x"}"#, "warning: $.state.directory: "), ("[]", "error: $.state: "),
            (#"{"previousKeys":["0123456789abcdef"]}"#, "warning: $.state: \"previousKeys\" without \"key\""),
        ])
    func wrong(state: String, line: String) {
        let lines = parseState(state).lines
        #expect(lines.contains { $0.hasPrefix(line) }, "\(lines)")
        #expect(!lines.contains { $0.contains("fifteen-bytes") || $0.contains("short") })
    }

    @Test(
        "limits of parked calls have their ranges",
        arguments: [
            (#"{"parkTimeout":"99ms"}"#, "$.limits.parkTimeout"), (#"{"parkGrace":"off"}"#, "$.limits.parkGrace"),
            (#"{"parkGrace":"2h"}"#, "$.limits.parkGrace"), (#"{"maxParkedCalls":-1}"#, "$.limits.maxParkedCalls"),
            (#"{"maxParkedCallsPerClient":"1"}"#, "$.limits.maxParkedCallsPerClient"),
        ])
    func limits(section: String, path: String) {
        let outcome = parse(#"{"mcpServers":{"x":{"command":"x"}},"limits":\#(section)}"#)
        #expect(outcome.findings.contains { $0.severity == .error && $0.path == path }, "\(outcome.lines)")
        let off = parse(
            #"{"mcpServers":{"x":{"command":"x"}},"limits":{"parkTimeout":"off","maxParkedCalls":0},"catalog":{"ttl":"off"}}"#
        )
        #expect(off.lines == [])
        #expect(off.configuration?.limits.parkTimeout == nil)
        #expect(off.configuration?.catalog.ttl == nil)
    }
}
