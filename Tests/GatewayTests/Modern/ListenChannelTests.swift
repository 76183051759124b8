import MCPProtocol
import TestSupport
import Testing

@testable import Gateway

@Suite("The channel of a subscription")
struct ListenChannelTests {
    private static let toolsChanged = "notifications/tools/list_changed"
    private static let idKey = "io.modelcontextprotocol/subscriptionId"

    private let carrier = RecordingChannel()

    private func channel(id: RequestID = 4, ownsCarrier: Bool = true) -> ListenChannel {
        ListenChannel(
            over: carrier, ownsCarrier: ownsCarrier, id: id, serverInfo: Array(#"{"name":"g","version":"1"}"#.utf8))
    }

    private func filter(_ text: String) throws -> SubscriptionFilter {
        try SubscriptionFilter(params: try RawJSON(validating: Array(#"{"notifications":\#(text)}"#.utf8)))
    }

    private func message(_ method: String, _ params: String? = nil) throws -> [UInt8] {
        JSONRPC.notification(
            method: method, params: try params.map { try RawJSON(validating: Array($0.utf8)) })
    }

    private var methods: [String?] { carrier.messages.map { $0["method"]?.string } }
    private var tags: [JSONTree?] { carrier.messages.map { $0["params"]?["_meta"]?[Self.idKey] } }

    @Test("what comes before the acknowledgement is told behind it, as far as it was asked for")
    func order() throws {
        let channel = channel()
        #expect(channel.push(try message(Self.toolsChanged)))
        #expect(channel.push(try message("notifications/prompts/list_changed")))
        #expect(carrier.messages.isEmpty)
        channel.acknowledge(try filter(#"{"toolsListChanged":true}"#))
        #expect(channel.push(try message(Self.toolsChanged)))
        #expect(methods == ["notifications/subscriptions/acknowledged", Self.toolsChanged, Self.toolsChanged])
        #expect(carrier.messages.first?["params"]?["notifications"] == ["toolsListChanged": true])
    }

    @Test("every message has the id, of its own type", arguments: [4, "4", "a\"b"] as [RequestID])
    func tag(id: RequestID) throws {
        let channel = channel(id: id)
        let all = try filter(
            #"{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":["u"]}"#
        )
        channel.acknowledge(all)
        for kind in ["tools", "prompts", "resources"] {
            channel.push(try message("notifications/\(kind)/list_changed"))
        }
        channel.push(try message("notifications/resources/updated", #"{"uri":"u","_meta":{"a":1}}"#))
        channel.close()
        let expected = try JSONTree(parsing: id.encode())
        #expect(tags.dropLast() == [JSONTree?](repeating: expected, count: 5)[...])
        #expect(carrier.messages[4]["params"]?["uri"] == "u")
        #expect(carrier.messages[4]["params"]?["_meta"]?["a"] == 1)
        let end = try #require(carrier.messages.last)
        #expect(end["id"] == expected)
        #expect(end["result"]?["resultType"] == "complete")
        #expect(end["result"]?["_meta"]?[Self.idKey] == expected)
    }

    @Test(
        "kinds that were not asked for are not told, nor anything but notifications of changes",
        arguments: [
            "notifications/tools/list_changed", "notifications/prompts/list_changed",
            "notifications/resources/list_changed", "notifications/resources/updated", "notifications/message",
            "notifications/progress", "notifications/cancelled", "notifications/tasks/status",
        ])
    func unwanted(method: String) throws {
        let channel = channel()
        channel.acknowledge(SubscriptionFilter())
        #expect(channel.push(try message(method, #"{"uri":"u"}"#)))
        #expect(channel.push(JSONRPC.response(id: 1, result: .emptyObject)))
        #expect(methods == ["notifications/subscriptions/acknowledged"])
    }

    @Test("the end is told once, and nothing behind it")
    func close() throws {
        let channel = channel()
        channel.acknowledge(try filter(#"{"toolsListChanged":true}"#))
        channel.close()
        channel.close()
        #expect(!channel.push(try message(Self.toolsChanged)))
        channel.acknowledge(try filter("{}"))
        #expect(carrier.messages.count == 2)
        #expect(carrier.isClosed)
    }

    @Test("one that shares its carrier leaves it open")
    func shared() throws {
        let channel = channel(ownsCarrier: false)
        channel.acknowledge(try filter("{}"))
        channel.close()
        #expect(!carrier.isClosed)
        #expect(carrier.messages.last?["result"] != nil)
    }

    @Test("one that its client has given up is silent")
    func abandoned() throws {
        let channel = channel()
        channel.push(try message(Self.toolsChanged))
        channel.abandon()
        channel.acknowledge(try filter(#"{"toolsListChanged":true}"#))
        channel.close()
        #expect(carrier.messages.isEmpty)
    }
}
