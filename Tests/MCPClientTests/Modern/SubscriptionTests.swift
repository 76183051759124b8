import AsyncIO
import MCPClient
import MCPProtocol
import TestSupport
import Testing

/// MCP 2026-07-28, "Subscriptions".
@Suite("Subscriptions of sessions with servers that have none")
struct SubscriptionTests {
    /// Streams of `subscriptions/listen`, in the order they were opened.
    private final class Streams: Sendable {
        struct Stream: Sendable {
            let id: String
            let uris: [String]
            let connection: ScriptedConnection

            func tell(_ method: String, _ params: String = "") throws {
                try connection.event(
                    #"{"jsonrpc":"2.0","method":"\#(method)","params":{\#(params.isEmpty ? "" : params + ",")"#
                        + #""_meta":{"io.modelcontextprotocol/subscriptionId":\#(id)}}}"#)
            }

            /// Ends it gracefully.
            func end() throws {
                try connection.event(
                    #"{"jsonrpc":"2.0","id":\#(id),"result":{"resultType":"complete","#
                        + #""_meta":{"io.modelcontextprotocol/subscriptionId":\#(id)}}}"#)
                try connection.endChunks()
            }
        }

        let opened = Observed<[Stream]>([])
        let closed = Observed<Set<String>>([])
        private let refused: Set<String>

        /// - Parameter refused: URIs that are left out of acknowledgements.
        init(refused: Set<String> = []) { self.refused = refused }

        var handler: ScriptedHTTPServer.Handler {
            { [self] request, connection in
                let filter = request.params?["notifications"]
                let uris = filter?["resourceSubscriptions"]?.elements?.compactMap(\.string) ?? []
                let stream = Stream(id: request.id, uris: uris, connection: connection)
                try connection.beginEvents()
                let lists = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"]
                    .filter { filter?[$0] == true }.map { #""\#($0)":true"# }
                let honoured = uris.filter { !refused.contains($0) }.map { #""\#($0)""# }.joined(separator: ",")
                let members = lists + (honoured.isEmpty ? [] : [#""resourceSubscriptions":[\#(honoured)]"#])
                try stream.tell(
                    "notifications/subscriptions/acknowledged",
                    #""notifications":{\#(members.joined(separator: ","))}"#)
                opened.update { $0.append(stream) }
                connection.waitForClose()
                closed.update { $0.insert(stream.id) }
            }
        }

        func stream(_ number: Int) async throws -> Stream {
            try await opened.wait(for: "subscription \(number)") { $0.count >= number ? $0[number - 1] : nil }
        }

        func last(with uris: [String]) async throws -> Stream {
            try await opened.wait(for: "subscription to \(uris)") { $0.last { $0.uris == uris } }
        }
    }

    private static let everything =
        #"{"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true}}"#

    private func with(
        capabilities: String = everything, _ handler: @escaping ScriptedHTTPServer.Handler,
        _ body: @escaping @Sendable (Bench, any MCPConnection, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await Bench.run { bench in
            let script = ScriptedModern(capabilities: capabilities, handlers: ["subscriptions/listen": handler])
            try await bench.withModern(script) { try await body(bench, $0, $1) }
        }
    }

    private static func subscribe(_ uri: String, _ connection: any MCPConnection, _ bench: Bench) async throws -> String
    {
        try await connection.ask("resources/subscribe", #"{"uri":"\#(uri)"}"#, on: bench)
    }

    private static func methods(_ bench: Bench) -> [String] { bench.notifications.value.map(\.method) }

    @Test("changes of lists are listened for from the beginning, and told without the subscription's id")
    func lists() async throws {
        let streams = Streams()
        try await with(capabilities: #"{"tools":{"listChanged":true},"prompts":{}}"#, streams.handler) {
            bench, connection, server in
            let stream = try await streams.stream(1)
            let filter = server.requests(for: "subscriptions/listen").first?.params?["notifications"]
            #expect(filter?.description == #"{"toolsListChanged":true}"#)
            try stream.tell("notifications/tools/list_changed")
            try await bench.notifications.wait(for: "news") { $0.isEmpty ? nil : () }
            #expect(bench.notifications.value.first?.method == "notifications/tools/list_changed")
            #expect(bench.notifications.value.first?.params?.text == "{}")
            let request = try #require(server.requests(for: "subscriptions/listen").first)
            #expect(request[field: "Mcp-Method"] == "subscriptions/listen")
            #expect(request[field: "MCP-Protocol-Version"] == "2026-07-28")
            #expect(request[field: "Content-Type"] == "application/json")
            #expect(request[field: "Accept"] == "application/json, text/event-stream")
        }
        try await streams.closed.wait(for: "end of the subscription") { $0.count == 1 ? () : nil }
    }

    @Test("a server that announces nothing is not listened to")
    func nothing() async throws {
        let streams = Streams()
        try await with(capabilities: #"{"tools":{}}"#, streams.handler) { bench, connection, server in
            _ = try await connection.ask("tools/list", on: bench)
            #expect(server.requests(for: "subscriptions/listen").isEmpty)
        }
    }

    @Test("a resource is subscribed to with a larger subscription, and the smaller one ends after it has begun")
    func enlarged() async throws {
        let streams = Streams(refused: ["a://refused"])
        try await with(streams.handler) { bench, connection, server in
            _ = try await streams.stream(1)
            #expect(try await Self.subscribe("a://1", connection, bench) == "{}")
            #expect(try await Self.subscribe("a://2", connection, bench) == "{}")
            let refusal = try await Self.subscribe("a://refused", connection, bench)
            #expect(refusal.hasPrefix("error -32602"))
            _ = try await streams.stream(4)
            let opened = streams.opened.value
            #expect(opened.map(\.uris) == [[], ["a://1"], ["a://1", "a://2"], ["a://1", "a://2", "a://refused"]])
            try await streams.closed.wait(for: "end of the smaller ones") { $0.count == 3 ? () : nil }
            #expect(!streams.closed.value.contains(opened[3].id))
            // What is subscribed to already needs no other subscription.
            #expect(try await Self.subscribe("a://2", connection, bench) == "{}")
            #expect(streams.opened.value.count == 4)
            try opened[3].tell("notifications/resources/updated", #""uri":"a://2""#)
            try await bench.notifications.wait(for: "news") { $0.isEmpty ? nil : () }
            #expect(bench.notifications.value.first?.params?.text == #"{"uri":"a://2"}"#)
        }
    }

    @Test("while two subscriptions overlap, what both tell is told once")
    func overlap() async throws {
        let streams = Streams()
        try await with(streams.handler) { bench, connection, _ in
            #expect(try await Self.subscribe("a://1", connection, bench) == "{}")
            #expect(try await Self.subscribe("a://2", connection, bench) == "{}")
            let (old, new) = (
                try await streams.last(with: ["a://1"]), try await streams.last(with: ["a://1", "a://2"])
            )
            for stream in [old, new] { try stream.tell("notifications/resources/updated", #""uri":"a://1""#) }
            try new.tell("notifications/tools/list_changed")
            try await bench.notifications.wait(for: "news") { news in
                news.contains { $0.method == "notifications/tools/list_changed" }
                    && news.contains { $0.method == "notifications/resources/updated" } ? () : nil
            }
            #expect(Self.methods(bench).filter { $0 == "notifications/resources/updated" }.count == 1)
        }
    }

    @Test(
        "after an end of the subscription it is opened again, and everything may have changed",
        arguments: [true, false])
    func reopened(isGraceful: Bool) async throws {
        let streams = Streams()
        try await with(streams.handler) { bench, connection, _ in
            _ = try await streams.stream(1)
            #expect(try await Self.subscribe("a://1", connection, bench) == "{}")
            let stream = try await streams.stream(2)
            if isGraceful { try stream.end() } else { stream.connection.reset() }
            let again = try await streams.stream(3)
            #expect(again.uris == ["a://1"])
            try await bench.notifications.wait(for: "news") { $0.count >= 4 ? () : nil }
            #expect(
                Set(Self.methods(bench)) == [
                    "notifications/tools/list_changed", "notifications/prompts/list_changed",
                    "notifications/resources/list_changed", "notifications/resources/updated",
                ])
        }
    }

    @Test("a server without subscriptions is asked once, and says so to who subscribes")
    func unsupported() async throws {
        try await with({ request, connection in
            try connection.error(-32601, "no such method", of: request, status: 404)
        }) { bench, connection, server in
            for uri in ["a://1", "a://2"] {
                let answer = try await Self.subscribe(uri, connection, bench)
                #expect(answer == "error -32601: no such method")
            }
            #expect(server.requests(for: "subscriptions/listen").count == 1)
        }
    }

    @Test("nobody is told of a resource that is no longer subscribed to")
    func unsubscribed() async throws {
        let streams = Streams()
        try await with(streams.handler) { bench, connection, _ in
            #expect(try await Self.subscribe("a://1", connection, bench) == "{}")
            #expect(
                try await connection.ask("resources/unsubscribe", #"{"uri":"a://1"}"#, on: bench) == "{}")
            let stream = try await streams.last(with: ["a://1"])
            try stream.tell("notifications/resources/updated", #""uri":"a://1""#)
            try stream.tell("notifications/tools/list_changed")
            try await bench.notifications.wait(for: "news") { $0.isEmpty ? nil : () }
            #expect(Self.methods(bench) == ["notifications/tools/list_changed"])
        }
    }

    @Test("a sibling listens for its own resources, not for lists")
    func siblings() async throws {
        let streams = Streams()
        let news = Observed<[JSONRPCNotification]>([])
        try await with(streams.handler) { bench, connection, server in
            _ = try await streams.stream(1)
            let options = bench.options { options in
                options.onNotification = { notification in news.update { $0.append(notification) } }
            }
            let sibling = try #require(connection.sibling(options))
            #expect(try await Self.subscribe("a://1", sibling, bench) == "{}")
            let filter = server.requests(for: "subscriptions/listen").last?.params?["notifications"]
            #expect(filter?.description == #"{"resourceSubscriptions":["a://1"]}"#)
            try await streams.last(with: ["a://1"]).tell("notifications/resources/updated", #""uri":"a://1""#)
            try await news.wait(for: "news") { $0.isEmpty ? nil : () }
            #expect(bench.notifications.value.isEmpty)
            await sibling.close()
            try await streams.closed.wait(for: "end of the sibling's") { $0.count == 1 ? () : nil }
        }
    }
}
