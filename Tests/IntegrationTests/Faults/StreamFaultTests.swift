import TestSupport
import Testing

/// What clients do wrong with the streams of a session.
@Suite(
    "clients that misuse streams", .serialized,
    .gateway { UpstreamCase.configuration(["far": try ReferenceServer.stdio()], limits: ["pollAfter": "off"]) })
struct StreamFaultTests {
    /// Streams for what belongs to no request that one session may have open.
    private static let maxStreams = 8

    @Test("of a hundred streams as many are open as may be; the others are refused, and places are free again")
    func hundredStreams() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            for _ in 0..<2 {
                var connections: [RawHTTPClient] = []
                var refused = 0
                for _ in 0..<100 {
                    let connection = try await gateway.connect()
                    connections.append(connection)
                    try await connection.sendRequest("GET", "/mcp", headers: client.headers)
                    let head = try await connection.readHead()
                    if head.status == 429 { refused += 1 } else { #expect(head.status == 200) }
                }
                #expect(refused == 100 - Self.maxStreams)
                for connection in connections { connection.close() }
                try await gateway.wait(for: "free places") {
                    let connection = try await gateway.connect()
                    defer { connection.close() }
                    try await connection.sendRequest("GET", "/mcp", headers: client.headers)
                    return try await connection.readHead().status == 200 ? () : nil
                }
            }
        }
    }

    @Test("a hundred streams that resume one end as one")
    func hundredResumptions() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let stream = try await gateway.connect()
            try await stream.sendRequest("GET", "/mcp", headers: client.headers)
            #expect(try await stream.readHead().status == 200)
            let id = try #require(try await stream.readEvent(includingEmpty: true)?.id)
            var connections = [stream]
            for _ in 0..<100 {
                let connection = try await gateway.connect()
                connections.append(connection)
                try await connection.sendRequest("GET", "/mcp", headers: client.headers + [("Last-Event-ID", id)])
                #expect(try await connection.readHead().status == 200)
            }
            #expect(try await client.call("change_tools").text != nil)
            // All but the newest have ended, and the message comes once.
            for connection in connections.dropLast() { #expect(try await connection.readEvent() == nil) }
            let told = try #require(try await connections.last?.readEvent()?.json())
            #expect(told["method"] == "notifications/tools/list_changed")
            for connection in connections { connection.close() }
        }
    }

    @Test(
        "an event id that the session never gave out is refused, and says so",
        arguments: [
            "0-0", "1-99", "99-1", "1", "-", "1-", "-1", "1--1", "--", "1-1-1", "a-b", "1-1e3",
            "99999999999999999999-1", "1-99999999999999999999", "9223372036854775807-9223372036854775807",
            "1--9223372036854775808",
        ])
    func unknownEvent(eventID: String) async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let stream = try await client.openStream()
            let answer = try await gateway.send("GET", in: client, changing: ["Last-Event-ID": eventID])
            let error = try answer.rpcError(status: 400, code: -32600, id: client.unreadableID)
            #expect(error["message"]?.string?.contains("is not an event of this session") == true, "\(error)")
            // The stream there is goes on.
            _ = try await client.call("change_tools")
            #expect(try await stream.next()?["method"] == "notifications/tools/list_changed")
            stream.close()
        }
    }

    @Test("an event of another session's stream is none of this one's")
    func foreignEvent() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway, capabilities: SessionClient.askable) { owner in
            try await SessionClient.with(gateway) { thief in
                var call = try await owner.start("echo", ["message": "x"])
                // So that the number of the owner's stream is one the other session has not reached.
                for _ in 0..<3 {
                    call = try await owner.start("progress", ["steps": 1], meta: ["progressToken": "t"])
                    _ = try await call.response()
                }
                let eventID = try #require(call.lastEventID)
                let answer = try await gateway.send("GET", in: thief, changing: ["Last-Event-ID": eventID])
                _ = try answer.rpcError(status: 400, code: -32600, id: thief.unreadableID)
            }
        }
    }

    @Test("an answer can be had again while it is kept; long after, the client is told that it is gone")
    func ancientEvent() async throws {
        let limits: JSONTree = ["replayWindow": "100ms"]
        let configuration = UpstreamCase.configuration(["far": try ReferenceServer.stdio()], limits: limits)
        try await GatewayFixture.with(configuration) { gateway in
            try await SessionClient.with(gateway) { client in
                let call = try await client.start("progress", ["steps": 2], meta: ["progressToken": 1])
                _ = try await call.next()
                let eventID = try #require(call.lastEventID)
                _ = try await call.response()
                try await gateway.wait(for: "end of the time it is kept") {
                    // Streams are looked through when another is opened.
                    _ = try await client.call("progress", ["steps": 1], meta: ["progressToken": 1])
                    let answer = try await gateway.send("GET", in: client, changing: ["Last-Event-ID": eventID])
                    return answer.status == 400 ? () : nil
                }
            }
        }
    }

    @Test("an answer larger than what is kept is not promised: the client that comes back gets an error")
    func lostAnswer() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
            let call = try await client.start("progress", ["steps": 1, "delayMs": 1], meta: ["progressToken": 1])
            _ = try await call.response()
            let asking = try await client.start("test_elicitation", ["message": "who?"])
            let question = try await asking.question()
            asking.vanish()
            let long = String(repeating: "x", count: 400_000)
            try await client.answer(question, ["action": "accept", "content": ["username": .string(long)]])
            try await gateway.waitUntilIdle()
            try await asking.resume()
            let error = try #require(try await asking.response()?["error"])
            #expect(error["message"]?.string?.contains("(limits.maxReplayBytes)") == true, "\(error)")
        }
    }

    @Test("a stream resumed twice at once goes on where it was resumed last, and nothing comes twice")
    func resumedTwice() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let call = try await client.start("progress", ["steps": 40, "delayMs": 10], meta: ["progressToken": 1])
            _ = try await call.next()
            let eventID = try #require(call.lastEventID)
            let (one, two) = (try await gateway.connect(), try await gateway.connect())
            for connection in [one, two] {
                try await connection.sendRequest("GET", "/mcp", headers: client.headers + [("Last-Event-ID", eventID)])
            }
            var answers = 0
            for connection in [one, two] {
                #expect(try await connection.readHead().status == 200)
                var newest = 1
                while let event = try await connection.readEvent() {
                    let message = try event.json()
                    if message["method"] == nil {
                        answers += 1
                    } else {
                        let progress = message["params"]?["progress"]?.int ?? 0
                        #expect(progress == newest + 1)
                        newest = progress
                    }
                }
                connection.close()
            }
            #expect(answers == 1)
            try await call.expectEndEventually()
        }
    }

    @Test("what was missed between two streams is told once, on whichever the client comes back for")
    func missedNews() async throws {
        let gateway = try GatewayFixture.shared()
        try await SessionClient.with(gateway) { client in
            let descriptors = try gateway.descriptorCount()
            var streams: [(connection: RawHTTPClient, eventID: String)] = []
            for _ in 0..<2 {
                let connection = try await gateway.connect()
                try await connection.sendRequest("GET", "/mcp", headers: client.headers)
                #expect(try await connection.readHead().status == 200)
                streams.append((connection, try #require(try await connection.readEvent(includingEmpty: true)?.id)))
            }
            for stream in streams { stream.connection.close() }
            try await gateway.waitForDescriptors(atMost: descriptors)
            let before = try await gateway.toolNames()
            _ = try await client.call("change_tools")
            try await gateway.wait(for: "new list") { try await gateway.toolNames() == before ? nil : () }
            // The older of the two, which is not the one that would have carried the news.
            let connection = try await gateway.connect()
            try await connection.sendRequest(
                "GET", "/mcp", headers: client.headers + [("Last-Event-ID", streams[0].eventID)])
            #expect(try await connection.readHead().status == 200)
            let told = try #require(try await connection.readEvent()?.json())
            #expect(told["method"] == "notifications/tools/list_changed")
            connection.close()
        }
    }
}

extension OpenCall {
    /// Reads to the end of the stream, whatever it still holds.
    func expectEndEventually() async throws {
        do {
            while try await next() != nil {}
        } catch is ConnectionFailure {
            // Cut is an end, too.
        }
    }
}
