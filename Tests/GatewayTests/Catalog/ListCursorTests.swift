import Crypto
import MCPProtocol
import Testing

@testable import Gateway

@Suite("Pages and cursors")
struct ListCursorTests {
    private let a = Listed.server("a")
    private let b = Listed.server("b")

    private func makeCatalog(pageSize: Int) throws -> Catalog {
        try Catalog(GatewayConfiguration(servers: [a, b], catalog: CatalogConfiguration(pageSize: pageSize)))
    }

    @Test("a cursor says what it was made with, whatever that is", arguments: ListKind.allCases)
    func roundTrip(kind: ListKind) throws {
        let key = try MessageAuthenticationKey()
        for (generation, offset) in [(1, 1), (.max, .max), (77, 1_000)] as [(UInt64, Int)] {
            let cursor = ListCursor(kind: kind, generation: generation, offset: offset)
            #expect(ListCursor(cursor.sealed(with: key), sealedWith: key) == cursor)
            #expect(ListCursor(cursor.sealed(with: key), sealedWith: try MessageAuthenticationKey()) == nil)
        }
    }

    @Test("a cursor altered at any byte is none")
    func altered() throws {
        let key = try MessageAuthenticationKey()
        let text = Array(ListCursor(kind: .tools, generation: 7, offset: 3).sealed(with: key).utf8)
        for index in text.indices {
            for byte in Array("Az09-_.=g ".utf8) where byte != text[index] {
                var altered = text
                altered[index] = byte
                #expect(ListCursor(String(decoding: altered, as: UTF8.self), sealedWith: key) == nil)
            }
            #expect(ListCursor(String(decoding: text[..<index], as: UTF8.self), sealedWith: key) == nil)
        }
    }

    @Test("what was sealed by the same key and is no cursor is none", arguments: [0, 1, 16, 18])
    func otherPayloads(count: Int) throws {
        let key = try MessageAuthenticationKey()
        let payload = [UInt8](repeating: 0xFF, count: count)
        #expect(ListCursor(key.seal(payload: payload, purpose: "cursor"), sealedWith: key) == nil)
        let noKind = key.seal(payload: [4] + [UInt8](repeating: 0, count: 16), purpose: "cursor")
        #expect(ListCursor(noKind, sealedWith: key) == nil)
        let huge = key.seal(payload: [0] + [UInt8](repeating: 0xFF, count: 16), purpose: "cursor")
        #expect(ListCursor(huge, sealedWith: key) == nil)
    }

    @Test("pages follow one another over one generation, even when the list changes meanwhile")
    func pages() throws {
        let catalog = try makeCatalog(pageSize: 2)
        _ = catalog.publish(tools: try Listed.tools("1", "2", "3"), of: a, announced: false)
        let first = try #require(catalog.snapshot.page(.tools, at: 0, for: .latestLegacy))
        let cursor = try #require(first.member("nextCursor")?.stringValue)
        _ = catalog.publish(tools: try Listed.tools("9"), of: b, announced: false)
        let second = try #require(catalog.page(.tools, cursor: cursor, for: .latestLegacy))
        #expect(second.member("nextCursor") == nil)
        #expect(second.member("tools")?.elements.map { $0.member("name")?.stringValue } == ["a__3"])
    }

    @Test("each list has pages of its own, and the cursor of one is none of another", arguments: ListKind.allCases)
    func kinds(kind: ListKind) throws {
        let catalog = try makeCatalog(pageSize: 2)
        _ = catalog.publish(
            ServerLists(
                tools: try Listed.tools("1", "2", "3", "4", "5"),
                resources: try Listed.resources("1", "2", "3", "4", "5"),
                resourceTemplates: try Listed.templates("1", "2", "3", "4", "5"),
                prompts: try Listed.prompts("1", "2", "3", "4", "5")),
            of: a, announced: [])
        var keys: [String] = []
        var page = try #require(catalog.snapshot.page(kind, at: 0, for: .latestLegacy))
        while true {
            let items = try #require(page.member(kind.member)?.elements)
            #expect(items.count <= 2)
            keys += items.compactMap { $0.member(kind.key)?.stringValue }
            guard let cursor = page.member("nextCursor")?.stringValue else { break }
            for other in ListKind.allCases where other != kind {
                #expect(catalog.page(other, cursor: cursor, for: .latestLegacy) == nil)
            }
            page = try #require(catalog.page(kind, cursor: cursor, for: .latestLegacy))
        }
        #expect(keys.map { $0.suffix(1) } == ["1", "2", "3", "4", "5"])
    }

    @Test("there are pages where pages begin, and nowhere else", arguments: [-2, -1, 1, 3, 4, Int.max, Int.min])
    func offsets(offset: Int) throws {
        let catalog = try makeCatalog(pageSize: 2)
        _ = catalog.publish(tools: try Listed.tools("1", "2", "3"), of: a, announced: false)
        #expect(catalog.snapshot.page(.tools, at: offset, for: .latestLegacy) == nil)
        #expect(catalog.snapshot.page(.prompts, at: offset, for: .latestLegacy) == nil)
    }

    @Test("a list that fits one page is made once for all revisions that see the same")
    func cached() throws {
        let catalog = try makeCatalog(pageSize: 10)
        _ = catalog.publish(ServerLists(prompts: try Listed.prompts("p")), of: a, announced: [])
        let pages = try ProtocolRevision.allCases.map {
            try #require(catalog.snapshot.page(.prompts, at: 0, for: $0))
        }
        let addresses = Set(pages.map { $0.bytes.withUnsafeBytes { Int(bitPattern: $0.baseAddress) } })
        #expect(addresses.count == 1)
        #expect(catalog.snapshot.page(.resources, at: 0, for: .latestLegacy)?.text == #"{"resources":[]}"#)
    }

    @Test("a generation is kept for a while and then forgotten")
    func generations() throws {
        let catalog = try makeCatalog(pageSize: 1)
        _ = catalog.publish(tools: try Listed.tools("1", "2"), of: a, announced: false)
        let first = try #require(catalog.snapshot.page(.tools, at: 0, for: .latestLegacy))
        let cursor = try #require(first.member("nextCursor")?.stringValue)
        for round in 0..<SnapshotLine.keptGenerations {
            _ = catalog.publish(tools: try Listed.tools("t\(round)"), of: a, announced: false)
        }
        #expect(catalog.page(.tools, cursor: cursor, for: .latestLegacy) != nil)
        _ = catalog.publish(tools: try Listed.tools("last"), of: a, announced: false)
        #expect(catalog.page(.tools, cursor: cursor, for: .latestLegacy) == nil)
    }

    @Test("a snapshot that nobody can be paging through is not kept")
    func unpaged() throws {
        let catalog = try makeCatalog(pageSize: 5)
        _ = catalog.publish(tools: try Listed.tools("1", "2"), of: a, announced: false)
        weak let old = catalog.snapshot
        _ = catalog.publish(tools: try Listed.tools("3"), of: a, announced: false)
        #expect(old == nil)
    }

    @Test("the cursor of another process is none, and neither is an empty one")
    func foreign() throws {
        let catalogs = try [makeCatalog(pageSize: 1), makeCatalog(pageSize: 1)]
        for catalog in catalogs { _ = catalog.publish(tools: try Listed.tools("1", "2"), of: a, announced: false) }
        let page = try #require(catalogs[0].snapshot.page(.tools, at: 0, for: .latestLegacy))
        let cursor = try #require(page.member("nextCursor")?.stringValue)
        #expect(catalogs[0].page(.tools, cursor: cursor, for: .latestLegacy) != nil)
        #expect(catalogs[1].page(.tools, cursor: cursor, for: .latestLegacy) == nil)
        #expect(catalogs[0].page(.tools, cursor: "", for: .latestLegacy) == nil)
    }
}
