import Configuration
import Gateway
import Testing

@Suite("Findings outside of servers")
struct SectionFindingsTests {
    @Test(
        "a bad value is an error that says what would be right",
        arguments: [
            (#""listen": 1.5"#, "$.listen", "has no port"), (#""listen": []"#, "$.listen", "empty list"),
            (#""listen": {}"#, "$.listen", "must be an address"),
            (#""listen": ["127.0.0.1:1", 70000]"#, "$.listen[1]", "0 to 65535"),
            (#""listen": ["127.0.0.1:1", "127.0.0.1:1"]"#, "$.listen[1]", "listed twice"),
            (#""listen": "0.0.0.0:8808""#, "$.listen", "nobody is asked"),
            (#""listen": ["127.0.0.1:1", "example.com:1"]"#, "$.listen", "example.com:1 can be reached"),
            (#""listen": ":8808", "auth": {"tokens": []}"#, "$.listen", "\"auth\": \"none\""),
            (#""auth": "open""#, "$.auth", "\"none\" allows everybody"),
            (#""auth": true"#, "$.auth", "must be \"none\" or an object"),
            (#""workers": 0"#, "$.workers", "from 1 to 1024"),
            (#""workers": "2""#, "$.workers", "whole number without quotes"),
            (#""workers": 1.5"#, "$.workers", "is 1.5, which"), (#""workers": 1e99"#, "$.workers", "from 1 to 1024"),
            (#""logLevel": "inof""#, "$.logLevel", "did you mean \"info\""),
            (#""logLevel": 3"#, "$.logLevel", "must be a string, not a number"),
            (#""allowedOrigins": "*""#, "$.allowedOrigins", "list of origins"),
            (#""allowedOrigins": ["https://a/b"]"#, "$.allowedOrigins[0]", "not an origin"),
            (#""allowedOrigins": ["example.com"]"#, "$.allowedOrigins[0]", "not an origin"),
            (#""allowedOrigins": [1]"#, "$.allowedOrigins[0]", "must be a string"),
            (#""allowedHosts": ["https://a"]"#, "$.allowedHosts[0]", "not a host"),
            (#""allowedHosts": ["a:80"]"#, "$.allowedHosts[0]", "not a host"),
            (#""allowedHosts": [""]"#, "$.allowedHosts[0]", "not a host"),
            (#""allowedHosts": {}"#, "$.allowedHosts", "list of host names"),
            (#""limits": []"#, "$.limits", "must be an object, not a list"),
            (#""limits": {"maxBodyBytes": 4096}"#, "$.limits.maxBodyBytes", "such as \"4096B\""),
            (#""limits": {"maxBodyBytes": true}"#, "$.limits.maxBodyBytes", "such as \"4MiB\""),
            (#""limits": {"maxBodyBytes": "1B"}"#, "$.limits.maxBodyBytes", "not between 1KiB and 1GiB"),
            (#""limits": {"maxBodyBytes": "9999TiB"}"#, "$.limits.maxBodyBytes", "not between"),
            (#""limits": {"maxBodyBytes": "4 MB"}"#, "$.limits.maxBodyBytes", "unknown unit"),
            (#""limits": {"maxBodyBytes": "off"}"#, "$.limits.maxBodyBytes", "keeps all memory bounded"),
            (#""limits": {"maxConnections": -1}"#, "$.limits.maxConnections", "from 1 to"),
            (#""limits": {"maxConnections": "off"}"#, "$.limits.maxConnections", "whole number"),
            (#""limits": {"maxJSONDepth": 2000}"#, "$.limits.maxJSONDepth", "from 8 to 1024"),
            (#""limits": {"idleTimeout": 30}"#, "$.limits.idleTimeout", "such as \"30s\""),
            (#""limits": {"idleTimeout": "0s"}"#, "$.limits.idleTimeout", "write \"off\" for no limit"),
            (#""limits": {"idleTimeout": "-1s"}"#, "$.limits.idleTimeout", "is negative"),
            (#""limits": {"idleTimeout": "999d"}"#, "$.limits.idleTimeout", "longer than a year"),
            (#""limits": {"idleTimeout": null}"#, "$.limits.idleTimeout", "not null"),
            (#""limits": {"stopTimeout": "11m"}"#, "$.limits.stopTimeout", "not between 0s and 10m"),
            (#""limits": {"stopTimeout": "off"}"#, "$.limits.stopTimeout", "cannot be \"off\"; write at most \"10m\""),
            (#""limits": {"visitTimeout": "61m"}"#, "$.limits.visitTimeout", "not between 0s and 1h"),
            (#""limits": {"visitTimeout": "off"}"#, "$.limits.visitTimeout", "write at most \"1h\""),
            (#""limits": {"maxTasks": 0}"#, "$.limits.maxTasks", "from 1 to"),
            (#""limits": {"maxTasksPerClient": "10"}"#, "$.limits.maxTasksPerClient", "whole number"),
            (#""limits": {"taskLifetime": "off"}"#, "$.limits.taskLifetime", "cannot be \"off\""),
            (#""limits": {"taskLifetime": "0s"}"#, "$.limits.taskLifetime", "not between 1s and"),
            (#""limits": {"maxSessions": 1, "maxSessions": 2}"#, "$.limits.maxSessions", "stands twice"),
            (#""catalog": {"listWait": "2h"}"#, "$.catalog.listWait", "not between 0s and 1h"),
            (#""catalog": {"refresh": "10ms"}"#, "$.catalog.refresh", "not between 1s and"),
            (#""defaults": []"#, "$.defaults", "must be an object"),
            (#""defaults": {"timeouts": {"call": 30}}"#, "$.defaults.timeouts.call", "such as \"30s\""),
            (
                #""defaults": {"timeouts": {"call": "soon"}}"#, "$.defaults.timeouts.call",
                "does not begin with a number"
            ),
            (#""defaults": {"pool": {"share": "globl"}}"#, "$.defaults.pool.share", "did you mean \"global\""),
            (#""defaults": {"pool": {"max": 0}}"#, "$.defaults.pool.max", "from 1 to 10000"),
            (#""defaults": {"naming": {"separator": ""}}"#, "$.defaults.naming.separator", "1 to 8 characters"),
            (#""defaults": {"naming": {"separator": "/"}}"#, "$.defaults.naming.separator", "1 to 8 characters"),
            (#""defaults": {"naming": {"maxLength": 8}}"#, "$.defaults.naming.maxLength", "from 24 to 256"),
            (#""defaults": {"naming": {"prefix": "never"}}"#, "$.defaults.naming.prefix", "none of auto, always"),
            (#""defaults": {"protocol": "2025"}"#, "$.defaults.protocol", "none of auto, legacy, modern"),
            (#""defaults": {"protocol": {"era": "2025"}}"#, "$.defaults.protocol.era", "none of auto, legacy, modern"),
            (#""defaults": {"protocol": 2025}"#, "$.defaults.protocol", "must be an object"),
            (#""servers": {}"#, "$.servers", "beside \"mcpServers\""),
            (#""mcpServers": {}"#, "$.mcpServers", "stands twice"),
            (#""listen": "${NOWHERE}""#, "$.listen", "variable NOWHERE"),
        ])
    func errors(section: String, path: String, message: String) {
        let outcome = parse(#"{"mcpServers":{"x":{"command":"x"}}, \#(section)}"#)
        #expect(outcome.configuration == nil)
        #expect(outcome.has(.error, at: path, containing: message), "\(outcome.lines)")
        #expect(outcome.errors.count == 1, "\(outcome.lines)")
    }

    @Test(
        "what is not read is said, with what was probably meant",
        arguments: [
            (#""listne": 1"#, "$.listne", "did you mean \"listen\"?"),
            (#""MCPServers": {}"#, "$.MCPServers", "did you mean \"mcpServers\"?"),
            (#""zebra": 1"#, "$.zebra", "not a known key and is ignored"),
            (#""naming": {}"#, "$.naming", "inside \"defaults\""),
            (#""port": 80"#, "$.port", "\"listen\""),
            (#""limits": {"maxBodyByte": "1MiB"}"#, "$.limits.maxBodyByte", "\"maxBodyBytes\""),
            (#""limits": {"": 1}"#, #"$.limits[""]"#, "not a known key"),
            (#""catalog": {"list_wait": "1s"}"#, "$.catalog.list_wait", "\"listWait\""),
            (#""defaults": {"timeout": "1s"}"#, "$.defaults.timeout", "\"timeouts\""),
            (#""defaults": {"era": "legacy"}"#, "$.defaults.era", "inside \"protocol\""),
            (#""defaults": {"protocol": {"eras": 1}}"#, "$.defaults.protocol.eras", "\"era\""),
            (#""defaults": {"env": {}}"#, "$.defaults.env", "belongs to a single server"),
            (#""defaults": {"maxInFlight": 1}"#, "$.defaults.maxInFlight", "maxInFlightPerServer"),
            (#""defaults": {"naming": {"seperator": "-"}}"#, "$.defaults.naming.seperator", "\"separator\""),
            (#""toolsets": {}"#, "$.toolsets", "no effect in this version"),
            (#""telemetry": 1"#, "$.telemetry", "no effect"),
            (#""auth": {"tokens": []}"#, "$.auth", "no effect"),
            (#""inputs": [{"id": "a"}]"#, "$.inputs", "environment variables"),
            (#""defaults": {"timeouts": {"call": "20m"}}"#, "$.defaults", "\"call\" (20m) never counts"),
        ])
    func warnings(section: String, path: String, message: String) {
        let outcome = parse(#"{"mcpServers":{"x":{"command":"x"}}, \#(section)}"#)
        #expect(outcome.configuration != nil)
        #expect(outcome.has(.warning, at: path, containing: message), "\(outcome.lines)")
        #expect(outcome.findings.count == 1, "\(outcome.lines)")
    }

    @Test("the section of the agent and a schema are nobody's business")
    func agent() {
        #expect(parse(#"{"$schema":"x", "agent":{"a":1}, "mcpServers":{"x":{"command":"x"}}}"#).findings == [])
    }

    @Test("listening everywhere is allowed once it is meant")
    func openListening() throws {
        let outcome = parse(#"{"listen":":8808", "auth":"none", "mcpServers":{"x":{"command":"x"}}}"#)
        #expect(outcome.findings == [])
        #expect(outcome.configuration?.auth == .anyone)
    }

    @Test("the command line decides where to listen, and is refused like the file")
    func override() {
        let open = #"{"listen":"0.0.0.0:1", "mcpServers":{"x":{"command":"x"}}}"#
        let local = ListenAddress.tcp(host: "127.0.0.1", port: 0)
        let outcome = parse(open, listen: [local])
        #expect(outcome.configuration?.listen == [local])
        #expect(outcome.provenance["$.listen"] == .commandLine)

        let refused = parse(#"{"mcpServers":{"x":{"command":"x"}}}"#, listen: [.tcp(host: "0.0.0.0", port: 1)])
        #expect(refused.has(.error, at: "$", containing: "0.0.0.0:1 can be reached"))
        #expect(GatewayConfiguration().overriding(listen: [local]).listen == [local])
        #expect(GatewayConfiguration().overriding(listen: []).listen == [.standard])
    }
}
