import TestSupport
import Testing

@testable import MCPProtocol

@Suite("what a subscription wants to hear")
struct SubscriptionFilterTests {
    private func filter(_ notifications: String) throws -> SubscriptionFilter {
        try SubscriptionFilter(params: RawJSON(validating: #"{"notifications":\#(notifications)}"#))
    }

    @Test(
        "is written as it was read, each URI once",
        arguments: [
            ("{}", "{}"), (#"{"toolsListChanged":false,"resourceSubscriptions":[],"new":1}"#, "{}"),
            (#"{"toolsListChanged":null,"taskIds":null}"#, "{}"),
            (
                #"{"taskIds":["t"],"resourceSubscriptions":["b","a","b","\u0061"],"resourcesListChanged":true}"#,
                #"{"resourcesListChanged":true,"resourceSubscriptions":["b","a"],"taskIds":["t"]}"#
            ),
            (
                #"{"promptsListChanged":true,"toolsListChanged":true}"#,
                #"{"toolsListChanged":true,"promptsListChanged":true}"#
            ),
        ])
    func reading(given: String, expected: String) throws {
        let filter = try filter(given)
        let encoded = String(decoding: filter.encode(), as: UTF8.self)
        #expect(encoded == expected)
        #expect(try self.filter(encoded) == filter)
    }

    @Test(
        "of the wrong type is named",
        arguments: [
            ("7", "params.notifications must be an object"),
            (#"{"toolsListChanged":1}"#, "params.notifications.toolsListChanged must be true or false"),
            (#"{"resourceSubscriptions":"a"}"#, "params.notifications.resourceSubscriptions must be an array"),
            (#"{"taskIds":[1]}"#, "params.notifications.taskIds must hold strings"),
        ])
    func refused(given: String, fact: String) throws {
        #expect {
            try filter(given)
        } throws: { error in
            "\(error)" == fact
        }
        #expect(throws: MessageError.self) { try SubscriptionFilter(params: nil) }
    }

    @Test("all lists are three")
    func allLists() throws {
        var params = JSONWriter()
        params.beginObject()
        params.key("notifications")
        params.raw(SubscriptionFilter.allLists.encode())
        params.endObject()
        let acknowledgement = JSONRPC.notification(method: SubscriptionFilter.acknowledged, params: params.finish())
        let validator = try MessageValidator(revision: "2026-07-28")
        #expect(validator.problems(in: acknowledgement, sender: .server) == [])
    }
}
