import TestSupport
import Testing

/// `notifications/tasks` on subscriptions.
@Suite("Subscriptions to tasks")
struct TaskSubscriptionTests {
    @Test("only known tasks are acknowledged, and their changes are told to the end", arguments: TaskCase.all)
    func told(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let id = try await client.begin("confirm_delete", ["filename": "a.txt"])
                let subscription = try await client.listen([id, "unknown"])
                defer { subscription.close() }
                try await subscription.begin()
                let acknowledged = try await subscription.next()
                #expect(acknowledged["method"] == "notifications/subscriptions/acknowledged")
                #expect(acknowledged["params"]?["notifications"] == ["taskIds": [.string(id)]])

                var told = try await subscription.next()
                while told["params"]?["status"] == "working" { told = try await subscription.next() }
                #expect(told["method"] == "notifications/tasks")
                #expect(told["params"]?["taskId"]?.string == id)
                #expect(told["params"]?["status"] == "input_required")
                #expect(told["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] != nil)
                let key = try #require(told["params"]?["inputRequests"]?.members?.first?.name)
                _ = try await client.update(id, [key: TaskClient.confirmed()])
                while told["params"]?["status"] != "completed" { told = try await subscription.next() }
                #expect(told["params"]?["result"]?["content"]?[0]?["text"] == "deleted a.txt")
            }
        }
    }

    @Test("several subscriptions hear of one task, also when it has ended", arguments: TaskCase.modern)
    func several(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let id = try await client.begin("slow_compute", ["seconds": .number("0.3")])
                let subscriptions = [try await client.listen([id]), try await client.listen([id])]
                for subscription in subscriptions {
                    defer { subscription.close() }
                    try await subscription.begin()
                    var told = try await subscription.next()
                    while told["params"]?["status"] != "completed" { told = try await subscription.next() }
                    #expect(told["params"]?["taskId"]?.string == id)
                }
                let late = try await client.listen([id])
                defer { late.close() }
                try await late.begin()
                _ = try await late.next()
                #expect(try await late.next()["params"]?["status"] == "completed")
            }
        }
    }
}
