import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization
import TestSupport
import Testing

/// MCP 2025-11-25, Pagination.
@Suite("Paging through lists")
struct ListPagerTests {
    /// Lists from a server that answers `page` for each cursor; `nil` is the first page's.
    private func list(
        maxItems: Int = 10_000, maxPages: Int = 1_000, until budget: Duration = .seconds(20),
        _ page: @escaping @Sendable (_ cursor: String?) -> String
    ) async throws -> (outcome: ListPager.Outcome?, error: MCPClientError?, requests: Int) {
        let found = Mutex<(ListPager.Outcome?, MCPClientError?, Int)>((nil, nil, 0))
        let script = ScriptedMCP([
            "tools/list": { request, connection in
                try connection.result(page(request.json?["params"]?["cursor"]?.string), of: request)
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(server) { connection in
                    let pager = ListPager(.tools, maxItems: maxItems, maxPages: maxPages)
                    do throws(MCPClientError) {
                        let outcome = try await pager.fetch(from: connection, on: bench.loop, until: .now + budget)
                        found.withLock { $0.0 = outcome }
                    } catch {
                        found.withLock { $0.1 = error }
                    }
                }
            }
            found.withLock { $0.2 = server.requests(for: "tools/list").count }
        }
        return found.withLock { $0 }
    }

    private static func tools(_ names: [String], next: String? = nil) -> String {
        let list = ScriptedMCP.list(names).dropLast()
        return list + (next.map { #","nextCursor":"\#($0)"}"# } ?? "}")
    }

    @Test("all pages are fetched, in order")
    func pages() async throws {
        let (outcome, _, requests) = try await list { cursor in
            switch cursor {
            case nil: Self.tools(["a", "b"], next: "x")
            case "x": Self.tools([], next: "y")
            case "y": Self.tools(["c"], next: "z")
            default: Self.tools(["d"])
            }
        }
        #expect(outcome?.items.map(\.key) == ["a", "b", "c", "d"])
        #expect(outcome?.remarks == [] && outcome?.wasCut == false)
        #expect(requests == 4)
    }

    @Test("an empty string is a cursor like any other; null is none")
    func emptyCursor() async throws {
        let (outcome, _, requests) = try await list { cursor in
            cursor == nil
                ? Self.tools(["a"], next: "") : Self.tools(["b"]).dropLast() + #","nextCursor":null}"#
        }
        #expect(outcome?.items.map(\.key) == ["a", "b"])
        #expect(requests == 2)
    }

    @Test("a cursor that comes a second time ends the list, and is remarked on")
    func repeatedCursor() async throws {
        let (outcome, _, requests) = try await list { cursor in
            cursor == nil ? Self.tools(["a"], next: "again") : Self.tools(["b"], next: "again")
        }
        #expect(outcome?.items.map(\.key) == ["a", "b"])
        #expect(outcome?.wasCut == true)
        #expect(outcome?.remarks.contains { $0.contains("again") } == true)
        #expect(requests == 2)
    }

    @Test("endless pages end at the bound on pages")
    func endlessPages() async throws {
        let (outcome, _, requests) = try await list(maxPages: 7) { cursor in
            let number = cursor.flatMap { Int($0) } ?? 0
            return Self.tools(["tool\(number)"], next: "\(number + 1)")
        }
        #expect(outcome?.items.count == 7)
        #expect(outcome?.wasCut == true)
        #expect(outcome?.remarks == ["more than 7 pages; the rest is left out"])
        #expect(requests == 7)
    }

    @Test("items beyond the bound are left out, and no page is asked for them")
    func itemCap() async throws {
        let (outcome, _, requests) = try await list(maxItems: 3) { cursor in
            cursor == nil ? Self.tools(["a", "b"], next: "x") : Self.tools(["c", "d"], next: "y")
        }
        #expect(outcome?.items.map(\.key) == ["a", "b", "c"])
        #expect(outcome?.wasCut == true)
        #expect(requests == 2)
    }

    @Test("of tools with one name the first counts; tools without a name cost only themselves")
    func flawedItems() async throws {
        let (outcome, _, _) = try await list { _ in
            #"{"tools":[{"name":"a","n":1},{"name":"b"},{"name":"a","n":2},{"description":"none"},{"name":7},"x"]}"#
        }
        #expect(outcome?.items.map(\.key) == ["a", "b"])
        #expect(outcome?.items.first?.raw.text == #"{"name":"a","n":1}"#)
        #expect(outcome?.remarks.count == 4)
        #expect(outcome?.wasCut == false)
    }

    @Test(
        "an answer that is no list is an error that says what is wrong",
        arguments: [
            (#"{}"#, "result.tools"), (#"{"tools":{}}"#, "result.tools"),
            (#"{"tools":[],"nextCursor":7}"#, "nextCursor"),
        ])
    func noList(result: String, part: String) async throws {
        let (_, error, _) = try await list { _ in result }
        #expect(error?.label == "protocol")
        #expect(error?.detail.contains(part) == true, "\(error?.detail ?? "no error")")
    }

    @Test("a list that is refused is an error with the server's words")
    func refusedList() async throws {
        let script = ScriptedMCP([
            "tools/list": { request, connection in
                try connection.answer(
                    #"{"jsonrpc":"2.0","id":\#(request.id),"error":{"code":-32000,"message":"not today"}}"#)
            }
        ])
        try await ScriptedHTTPServer.with(script.handler) { server in
            try await Bench.run { bench in
                try await bench.with(server) { connection in
                    let error = try await failure {
                        try await ListPager(.tools).fetch(from: connection, on: bench.loop, until: .soon)
                    }
                    #expect(error.detail.contains("not today") && error.detail.contains("-32000"))
                }
            }
        }
    }
}
