import MCPProtocol
import Testing

@testable import Gateway

@Suite("Subscription table")
struct SubscriptionTableTests {
    private func session(_ id: String) -> FrontSession {
        FrontSession(id: id, revision: .v2025_11_25, clientInfo: Implementation(name: "test", version: "1"))
    }

    private func subscriber(_ session: FrontSession, _ uri: String) -> SubscriptionTable.Subscriber {
        SubscriptionTable.Subscriber(session: session, exposedURI: uri)
    }

    /// `#expect` takes its arguments apart, and cannot change what it finds there.
    private func mutated<Value>(
        _ table: inout SubscriptionTable, _ change: (inout SubscriptionTable) -> Value
    ) -> Value { change(&table) }

    @Test("the server is asked for the first subscriber and told of the last one's end")
    func counted() {
        let (first, second) = (session("1"), session("2"))
        var table = SubscriptionTable()
        #expect(mutated(&table) { $0.add(subscriber(first, "x"), to: "a", in: .everybody) })
        #expect(!mutated(&table) { $0.add(subscriber(second, "y"), to: "a", in: .everybody) })
        #expect(!mutated(&table) { $0.add(subscriber(second, "y"), to: "a", in: .everybody) }, "twice is once")
        #expect(!mutated(&table) { $0.remove(first, from: "a", in: .everybody) })
        #expect(!mutated(&table) { $0.remove(first, from: "a", in: .everybody) }, "it is not subscribed any more")
        #expect(mutated(&table) { $0.remove(second, from: "a", in: .everybody) })
        #expect(!table.has(.everybody))
    }

    @Test("the same URI in two sessions of a server is two things")
    func shares() {
        let (first, second) = (session("1"), session("2"))
        var table = SubscriptionTable()
        #expect(mutated(&table) { $0.add(subscriber(first, "x"), to: "a", in: .client("1")) })
        #expect(mutated(&table) { $0.add(subscriber(second, "x"), to: "a", in: .client("2")) })
        #expect(table.concerned(by: "a", in: .client("1")).map(\.1.session.id) == ["1"])
        #expect(table.concerned(by: "a", in: .everybody).isEmpty)
    }

    @Test("a part of something concerns those who subscribed to the whole, a mere prefix does not")
    func parts() {
        let client = session("1")
        var table = SubscriptionTable()
        _ = table.add(subscriber(client, "x"), to: "file:///a", in: .everybody)
        #expect(table.concerned(by: "file:///a/b", in: .everybody).map(\.subscribed) == ["file:///a"])
        #expect(table.concerned(by: "file:///ab", in: .everybody).isEmpty)
        #expect(table.concerned(by: "file:///a", in: .everybody).map(\.subscribed) == ["file:///a"])
    }

    @Test("a session that ends leaves nothing behind, and what is orphaned is named")
    func ends() {
        let (first, second) = (session("1"), session("2"))
        var table = SubscriptionTable()
        _ = table.add(subscriber(first, "a"), to: "a", in: .everybody)
        _ = table.add(subscriber(second, "a"), to: "a", in: .everybody)
        _ = table.add(subscriber(first, "b"), to: "b", in: .everybody)
        #expect(table.count(of: first) == 2)
        #expect(mutated(&table) { $0.remove(first) }.map(\.uri) == ["b"])
        #expect(table.count(of: first) == 0)
        #expect(mutated(&table) { $0.remove(second) }.map(\.uri) == ["a"])
        #expect(!table.has(.everybody))
    }
}
