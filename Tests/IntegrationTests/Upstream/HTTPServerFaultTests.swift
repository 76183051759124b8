import Glibc
import TestSupport
import Testing

@Suite("Faults of HTTP servers behind the gateway")
struct HTTPServerFaultTests {
    @Test(
        "an answer that is none fails its call with the cause, and costs no other call anything",
        arguments: [
            ("500", "status", false), ("429", "status", true), ("401", "auth", true), ("html", "protocol", false),
            ("wrong id", "protocol", false), ("reset", "closed", false), ("close", "closed", false),
            ("mid-body", "closed", false), ("mid-event", "closed", false), ("no answer", "closed", false),
        ])
    func faults(fault: String, stage: String, isRetryable: Bool) async throws {
        let isReleased = Observed(false)
        let script = ScriptedMCP(
            tools: ["work", "slow"],
            [
                "tools/call": { request, connection in
                    if request.json?["params"]?["name"]?.string == "slow" {
                        for _ in 0..<4000 where !isReleased.value { _ = usleep(5_000) }
                        return try connection.result(ScriptedMCP.text("slow"), of: request)
                    }
                    switch fault {
                    case "500": try connection.answer(500, type: "text/plain", "out of order")
                    case "429": try connection.answer(429, type: "text/plain", "later")
                    case "401": try connection.answer(401, type: nil)
                    case "html": try connection.answer(200, type: "text/html", "<h1>Login</h1>")
                    case "wrong id": try connection.answer(#"{"jsonrpc":"2.0","id":4711,"result":{}}"#)
                    case "mid-body":
                        try connection.write(
                            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{")
                        connection.close()
                    case "mid-event":
                        try connection.beginEvents()
                        try connection.chunk("data: {\"json")
                        connection.close()
                    case "no answer":
                        try connection.beginEvents()
                        try connection.endChunks()
                    case "reset": connection.reset()
                    default: connection.close()
                    }
                }
            ])
        try await UpstreamCase.with(script) { gateway, server in
            async let slow = gateway.call("slow")
            try await server.request(for: "tools/call")
            let call = try await gateway.call("work")
            #expect(call.isError && call.stage == stage && call.server == "far", "\(call.result)")
            #expect(call.isRetryable == isRetryable)
            #expect(call.text.contains("tool \"work\" of server \"far\""), "\(call.text)")
            #expect(call.text.contains("may have been executed") == !isRetryable, "\(call.text)")
            isReleased.update { $0 = true }
            #expect(try await slow.text == "slow")
            // One broken answer is no reason to give up a session that others use.
            #expect(try await gateway.call("slow").text == "slow")
            #expect(server.requests(for: "initialize").count == 1)
            #expect(server.requests(for: "DELETE").isEmpty)
            let works = server.requests(for: "tools/call").filter { $0.json?["params"]?["name"]?.string == "work" }
            #expect(works.count == 1, "a call that may have been executed was sent again")
        }
    }

    @Test("an answer that dribbles in is waited for")
    func dribbles() async throws {
        let script = ScriptedMCP([
            "tools/call": { request, connection in
                let body = #"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(ScriptedMCP.text("slowly"))}"#
                try connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
                for byte in body.utf8 {
                    try connection.write([byte])
                    usleep(2_000)
                }
            }
        ])
        try await UpstreamCase.with(script) { gateway, _ in
            let outcome = try await gateway.call("work").text
            #expect(outcome == "slowly")
        }
    }

    @Test("a lost session is begun anew and the call sent again, once, without the client noticing")
    func lostSession() async throws {
        let sessions = Observed(0)
        let script = ScriptedMCP([
            "initialize": { request, connection in
                let number = sessions.update { count in
                    count += 1
                    return count
                }
                try connection.result(
                    ScriptedMCP.initializeResult("2025-11-25"), of: request,
                    fields: "Mcp-Session-Id: session-\(number)\r\n")
            },
            "tools/call": { request, connection in
                guard request[field: "Mcp-Session-Id"] == "session-2" else {
                    return try connection.answer(404, type: nil)
                }
                try connection.result(ScriptedMCP.text("found"), of: request)
            },
        ])
        try await UpstreamCase.with(script) { gateway, server in
            let outcome = try await gateway.call("work").text
            #expect(outcome == "found")
            #expect(server.requests(for: "tools/call").count == 2)
            #expect(server.requests(for: "initialize").count == 2)
            let second = try await gateway.call("work").text
            #expect(second == "found")
            #expect(server.requests(for: "initialize").count == 2)
        }
    }

    @Test("many calls that find the session lost at once begin one new session")
    func lostSessionOfMany() async throws {
        let sessions = Observed(0)
        let script = ScriptedMCP([
            "initialize": { request, connection in
                let number = sessions.update { count in
                    count += 1
                    return count
                }
                try connection.result(
                    ScriptedMCP.initializeResult("2025-11-25"), of: request,
                    fields: "Mcp-Session-Id: session-\(number)\r\n")
            },
            "tools/call": { request, connection in
                if request[field: "Mcp-Session-Id"] == "session-1" { return try connection.answer(404, type: nil) }
                try connection.result(ScriptedMCP.text("found"), of: request)
            },
        ])
        try await UpstreamCase.with(script) { gateway, server in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await gateway.call("work").text } }
                for try await text in group { #expect(text == "found") }
            }
            #expect(server.requests(for: "initialize").count == 2)
        }
    }

    @Test("a session that is lost again and again fails the call after one repetition")
    func lostForGood() async throws {
        let script = ScriptedMCP(["tools/call": { _, connection in try connection.answer(404, type: nil) }])
        try await UpstreamCase.with(script) { gateway, server in
            let call = try await gateway.call("work")
            #expect(call.stage == "session" && call.isRetryable == true, "\(call.result)")
            #expect(server.requests(for: "tools/call").count == 2)
        }
    }

    @Test("a server that is restarted on its port serves on: the next call is answered by the new process")
    func restarted() async throws {
        let port = try freePort()
        let configuration = UpstreamCase.configuration([
            "far": ["url": .string("http://127.0.0.1:\(port)/mcp")]
        ])
        try await ReferenceServer.withHTTP(port: port) { _, first in
            try await GatewayFixture.with(configuration) { gateway in
                #expect(try await gateway.call("counter").text == "1")
                await first.terminate()
                try await ReferenceServer.withHTTP(port: port) { _, second in
                    let pid = try await gateway.call("pid")
                    let value = try JSONTree(parsing: pid.text)
                    #expect(value["pid"]?.int == Int(second.pid))
                }
            }
        }
    }

    @Test("a server that is gone fails calls as certainly not executed, and serves again when it is back")
    func gone() async throws {
        let port = try freePort()
        let configuration = UpstreamCase.configuration([
            "far": ["url": .string("http://127.0.0.1:\(port)/mcp")]
        ])
        try await GatewayFixture.with(configuration, waitsUntilReady: false) { gateway in
            try await ScriptedHTTPServer.with(port: port, ScriptedMCP().handler) { _ in
                try await gateway.waitForServer("far")
                #expect(try await gateway.call("work").text == "done")
            }
            let call = try await gateway.call("work")
            #expect(call.stage == "connect" && call.isRetryable == true, "\(call.result)")
            #expect(!call.text.contains("may have been executed"))
            try await ScriptedHTTPServer.with(port: port, ScriptedMCP().handler) { _ in
                let outcome = try await gateway.callUntilAnswered("work").text
                #expect(outcome == "done")
            }
            try await gateway.waitUntilIdle()
        }
    }

    @Test("JSON passes through bit for bit, both ways")
    func exactness() async throws {
        let arguments = #"{"z":1.0e+2,"a":[-0,1E5,12345678901234567890123,0.10],"e":"\u00e9\ud83d\ude80\/","é":null}"#
        let result =
            #"{"content":[],"structuredContent":{"n":1.50,"big":99999999999999999999,"s":"\u0041\/"},"x-new":{"b":1,"a":[ ]}}"#
        let script = ScriptedMCP([
            "tools/call": { request, connection in
                try connection.answer(#"{"result":\#(result),"jsonrpc":"2.0","id":\#(request.id)}"#)
            }
        ])
        try await UpstreamCase.with(script) { gateway, server in
            let answer = try await gateway.request("POST", "/v1/tools/work", body: arguments)
            #expect(answer.text == result)
            let request = try await server.request(for: "tools/call")
            let body = String(decoding: request.body, as: UTF8.self)
            #expect(body.contains(#""arguments":\#(arguments)"#), "\(body)")
        }
    }

    @Test("faults leave no descriptors behind")
    func descriptors() async throws {
        let script = ScriptedMCP([
            "tools/call": { _, connection in
                try connection.beginEvents()
                connection.reset()
            }
        ])
        try await UpstreamCase.with(script) { gateway, _ in
            _ = try await gateway.call("work")
            let before = try gateway.descriptorCount()
            for _ in 0..<30 { #expect(try await gateway.call("work").stage == "closed") }
            try await gateway.waitUntilIdle()
            // Each loop may keep a connection or two of its own.
            try await gateway.waitForDescriptors(atMost: before + 4)
        }
    }
}
