import AsyncIO
import Configuration
import MCPClient
import Testing

@testable import Gateway

@Suite("What is remembered of the eras of servers")
struct RememberedErasTests {
    private static let now = 1_764_061_923
    private static let day = 86_400

    private func key(_ number: Int) throws -> EraKey {
        let server = ServerConfiguration(
            name: "s",
            transport: .stdio(command: "run", arguments: ["\(number)"], environment: [], workingDirectory: nil))
        return try #require(try EraKey(server))
    }

    private func eras(_ entries: [EraKey: RememberedEras.Entry]) -> RememberedEras {
        var eras = RememberedEras()
        eras.apply(entries.mapValues { .legacy($0) })
        return eras
    }

    @Test("what is written is read again", arguments: EraVerdict.Basis.allCases)
    func roundTrip(basis: EraVerdict.Basis) throws {
        let written = eras([try key(1): .init(time: Self.now, basis: basis), try key(2): .init(time: 0, basis: .exit)])
        #expect(try RememberedEras(parsing: written.serialized()) == written)
    }

    @Test("a verdict says that it is remembered, from when and why, and is as old as it is")
    func evidence() throws {
        let (key, instant) = (try key(1), MonotonicInstant(nanoseconds: 5_000_000_000))
        let eras = eras([key: .init(time: Self.now - 7200, basis: .silence)])
        let verdict = try #require(eras.verdict(for: key, now: Self.now, instant: instant))
        #expect(verdict.era == .legacy && verdict.isLasting)
        #expect(
            verdict.evidence
                == "remembered from 2025-11-25T07:12:03Z: it did not answer server/discover, but initialize")
        // Also on a machine that has run for a shorter time than the verdict is old.
        #expect(instant - verdict.time == .seconds(7200))
        #expect(verdict.isUsable(now: instant + .seconds(Self.day - 7201)))
        #expect(!verdict.isUsable(now: instant + .seconds(Self.day - 7199)))
        #expect(try eras.verdict(for: self.key(2), now: Self.now, instant: instant) == nil)
    }

    @Test(
        "what is a day old, or from the future, is not used and not kept",
        arguments: [
            (0, true), (86_399, true), (86_400, false), (-299, true), (-301, false), (.max, false), (.min, false),
            (1_764_061_923, false),
        ])
    func expiry(age: Int, isUsable: Bool) throws {
        let key = try key(1)
        let (time, overflow) = Self.now.subtractingReportingOverflow(age)
        var eras = eras([key: .init(time: overflow ? .max : time, basis: .answer)])
        let verdict = eras.verdict(for: key, now: Self.now, instant: .now)
        #expect((verdict != nil) == isUsable)
        eras.tidy(now: Self.now)
        #expect((eras.entries[key] != nil) == isUsable)
    }

    @Test("of two findings the newer one counts, whoever wrote it first")
    func newest() throws {
        let key = try key(1)
        var eras = eras([key: .init(time: 100, basis: .answer)])
        eras.apply([key: .legacy(.init(time: 99, basis: .exit))])
        #expect(eras.entries[key] == .init(time: 100, basis: .answer))
        eras.apply([key: .forgotten(before: 99)])
        #expect(eras.entries[key] != nil)
        eras.apply([key: .legacy(.init(time: 101, basis: .exit))])
        #expect(eras.entries[key] == .init(time: 101, basis: .exit))
        eras.apply([key: .forgotten(before: 101)])
        #expect(eras.entries == [:])
    }

    @Test("no more than the newest 1024 are kept, and they fit into the file")
    func bounds() throws {
        var entries: [EraKey: RememberedEras.Entry] = [:]
        for number in 0..<1100 { entries[try key(number)] = .init(time: Self.now - number, basis: .silence) }
        var eras = eras(entries)
        eras.tidy(now: Self.now)
        #expect(eras.entries.count == 1024)
        #expect(try eras.entries[key(1023)] != nil)
        #expect(try eras.entries[key(1024)] == nil)
        let bytes = eras.serialized()
        #expect(bytes.count < RememberedEras.maxFileBytes)
        #expect(try RememberedEras(parsing: bytes) == eras)
        let tooMany = self.eras(entries).serialized()
        #expect(try RememberedEras(parsing: tooMany).entries.count == 1024)
    }

    @Test(
        "what this gateway has not written is told apart",
        arguments: [
            "", "{", "[]", "null", "{}", "7", #"{"format":"mcp-gateway eras"}"#,
            #"{"format":"mcp-gateway eras","version":"1","legacy":{}}"#,
            #"{"format":"mcp-gateway eras","version":1,"legacy":[]}"#,
            #"{"format":"another","version":1,"legacy":{}}"#, String(repeating: "[", count: 100_000), "\u{0}\u{1}",
        ])
    func foreign(text: String) {
        #expect { try RememberedEras(parsing: Array(text.utf8)) } throws: { error in
            guard case .foreign(let reason)? = error as? RememberedEras.Unreadable else { return false }
            return !reason.isEmpty
        }
    }

    @Test("a file that is too large is not read")
    func large() throws {
        let text =
            #"{"format":"mcp-gateway eras","version":1,"legacy":{},"x":""#
            + String(repeating: "x", count: RememberedEras.maxFileBytes) + "\"}"
        #expect(throws: RememberedEras.Unreadable.self) { try RememberedEras(parsing: Array(text.utf8)) }
    }

    @Test("a file of a newer version is told apart; of one of this version, entries that make no sense are left out")
    func versions() throws {
        let newer = #"{"format":"mcp-gateway eras","version":2,"legacy":{}}"#
        #expect(throws: RememberedEras.Unreadable.newer(version: 2)) {
            try RememberedEras(parsing: Array(newer.utf8))
        }
        let key = try key(1)
        let odd = """
            {"more":1,"format":"mcp-gateway eras","version":1,"legacy":{"x":{"time":1,"basis":"exit"},
            "\(key.text)":{"time":5,"basis":"exit","more":true},"\(try self.key(2).text)":{"time":1.5,"basis":"exit"},
            "\(try self.key(3).text)":{"time":1,"basis":"rumour"},"\(try self.key(4).text)":7}}
            """
        #expect(try RememberedEras(parsing: Array(odd.utf8)).entries == [key: .init(time: 5, basis: .exit)])
    }

    // MARK: Whose they are

    private func key(
        _ command: String = "run", _ arguments: [String] = [], _ environment: [NamedValue] = [],
        in folder: String? = "/"
    ) throws -> EraKey? {
        try EraKey(
            ServerConfiguration(
                name: "any",
                transport: .stdio(
                    command: command, arguments: arguments, environment: environment, workingDirectory: folder)))
    }

    private func key(
        url: String, _ headers: [NamedValue] = [], kind: HTTPTransportKind = .auto, era: ProtocolEraPreference = .auto
    ) throws -> EraKey? {
        var server = ServerConfiguration(name: "any", transport: .http(url: url, headers: headers, kind: kind))
        server.protocolEra = era
        return try EraKey(server)
    }

    @Test("a process is known by command, arguments, folder and the names of its variables")
    func processes() throws {
        let one = try #require(try key("run", ["a", "b"], [NamedValue("A", "1"), NamedValue("B", "2")]))
        #expect(try key("run", ["a", "b"], [NamedValue("B", "x"), NamedValue("A", "y")]) == one)
        for other in [
            try key("run", ["a b"]), try key("run a", ["b"]), try key("run", ["b", "a"]), try key("run", ["a", "b"]),
            try key("run", ["a", "b"], [NamedValue("A", "1"), NamedValue("B", "2")], in: "/srv"),
        ] { #expect(other != nil && other != one) }
    }

    @Test("a URL is known with the names of its headers; where the era is configured, there is nothing to know")
    func urls() throws {
        let one = try #require(try key(url: "http://h/mcp", [NamedValue("X-A", "1")]))
        #expect(try key(url: "http://h/mcp", [NamedValue("x-a", "2")]) == one)
        #expect(try key(url: "http://h/mcp") != one)
        #expect(try key(url: "http://h/mcp2", [NamedValue("X-A", "1")]) != one)
        #expect(try key(url: "http://h", kind: .sse) == nil)
        #expect(try key(url: "http://h", era: .legacy) == nil)
        #expect(try key(url: "http://h", era: .modern) == nil)
    }
}
