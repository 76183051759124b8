import TestSupport
import Testing

/// Subscriptions beyond all measure, to nothing, and across the end of a server.
@Suite("subscriptions")
struct SubscriptionFaultTests {
    private func subscribe(_ client: SessionClient, _ uri: String) async throws -> SessionClient.Answer {
        try await client.request("resources/subscribe", ["uri": .string(uri)])
    }

    /// The resources of the reference server's that can be subscribed to.
    private func resources(_ gateway: GatewayFixture) async throws -> [String] {
        try await gateway.json("/v1/resources")["resources"]?.elements?.compactMap { $0["uri"]?.string } ?? []
    }

    @Test(
        "as many resources can be subscribed to as the limit says, also when all come at once",
        arguments: [1000, 10], [true, false])
    func limit(limit: Int, hasOwnSession: Bool) async throws {
        let limits: JSONTree = limit == 1000 ? [:] : ["maxSubscriptions": .number("\(limit)")]
        try await FaultCase.with(.http, ["--resources", "\(2 * limit)"], limits: limits) { gateway in
            let capabilities = hasOwnSession ? SessionClient.askable : [:]
            let uris = try await resources(gateway).prefix(2 * limit)
            try #require(uris.count == 2 * limit)
            try await SessionClient.with(gateway, capabilities: capabilities) { client in
                let answers = try await withThrowingTaskGroup(of: [SessionClient.Answer].self) { group in
                    // As many at once as a client has connections for.
                    for part in 0..<20 {
                        group.addTask {
                            var answers: [SessionClient.Answer] = []
                            for uri in uris.dropFirst(part * limit / 10).prefix(limit / 10) {
                                answers.append(try await subscribe(client, uri))
                            }
                            return answers
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(answers.count { $0.result != nil } == limit)
                for refused in answers where refused.result == nil {
                    let message = refused.error?["message"]?.string ?? ""
                    #expect(
                        message.contains(
                            "\(limit) resources are subscribed to, which is the limit (limits.maxSubscriptions)"))
                }
                let subscribed = try JSONTree(parsing: try await gateway.text(calling: "subscriptions"))
                #expect(subscribed.elements?.count == limit)
                // A place that is given back can be taken.
                let one = try #require(subscribed[0])
                #expect(try await client.request("resources/unsubscribe", ["uri": one]).result != nil)
                #expect(try await subscribe(client, try #require(one.string)).result != nil)
            }
            // With the client its subscriptions end, also where the session with the server goes on.
            try await gateway.wait(for: "end of all subscriptions") {
                try await gateway.text(calling: "subscriptions") == "[]" ? () : nil
            }
        }
    }

    @Test("unsubscribing from what was never subscribed to is of no effect; what is no URI is refused")
    func neverSubscribed() async throws {
        try await FaultCase.with(.stdio) { gateway in
            try await SessionClient.with(gateway) { client in
                for uri in ["test://watched-resource", "test://nothing", "urn:none", "http://elsewhere/x"] {
                    let answer = try await client.request("resources/unsubscribe", ["uri": .string(uri)])
                    #expect(answer.result == [:], "\(answer.http)")
                }
                let unknown = try await subscribe(client, "test://nothing")
                #expect(unknown.errorCode == -32002, "\(unknown.http)")
                for params in [#"{}"#, #"{"uri":5}"#, #"{"uri":""}"#, #"{"uri":null}"#] {
                    for method in ["resources/subscribe", "resources/unsubscribe"] {
                        let body = #"{"jsonrpc":"2.0","id":"x","method":"\#(method)","params":\#(params)}"#
                        let answer = try await gateway.post(body, in: client)
                        _ = try answer.rpcError(status: 200, code: -32602, id: "x")
                    }
                }
                #expect(try await gateway.text(calling: "subscriptions") == "[]")
            }
        }
    }

    @Test(
        "a server that restarts is subscribed to again, and its clients are told that all may have changed",
        arguments: [true, false])
    func restart(hasOwnSession: Bool) async throws {
        try await FaultCase.with(.stdio, keepsServer: false) { gateway in
            let capabilities = hasOwnSession ? SessionClient.askable : [:]
            try await SessionClient.with(gateway, capabilities: capabilities) { client in
                let stream = try await client.openStream()
                let uri = "test://watched-resource"
                #expect(try await subscribe(client, uri).result != nil)
                #expect(try await client.call("crash", ["mode": "kill"]).isToolError)
                let told = try #require(try await stream.next(matching: "notifications/resources/updated"))
                #expect(told["params"]?["uri"]?.string == uri)
                // It is subscribed again: what changes from now on is told, too.
                try await gateway.wait(for: "renewed subscription") {
                    try await client.call("subscriptions").text == #"["\#(uri)"]"# ? () : nil
                }
                _ = try await client.call("update_resource")
                #expect(try await stream.next(matching: "notifications/resources/updated") != nil)
                stream.close()
            }
        }
    }
}

extension SessionEvents {
    /// The next message of this method; others are passed over.
    func next(matching method: String) async throws -> JSONTree? {
        while let message = try await next() {
            if message["method"]?.string == method { return message }
        }
        return nil
    }
}
