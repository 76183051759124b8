import Foundation
import TestSupport
import Testing

/// With `state.dir`, what a gateway found out of its servers is known to the next one.
@Suite("Eras that are remembered")
struct RememberedEraTests {
    /// A server on standard streams, what it is, and what it hears; the program can be replaced.
    private struct Server {
        let record: StdioRecord
        let program: String

        init(_ kind: Kind) throws {
            record = try StdioRecord()
            program = record.directory.path("server.sh")
            try replace(with: kind)
        }

        enum Kind: String { case silent, exiting, modern }

        func replace(with kind: Kind) throws {
            try record.directory.write("kind=\(kind.rawValue)\n" + Self.script, to: "server.sh")
        }

        private static let script = #"""
            answer() {
                id=${line#*'"id":'}
                printf '{"jsonrpc":"2.0","id":%s,%s}\n' "${id%%[,\}]*}" "$1"
            }
            while IFS= read -r line; do
                case $kind:$line in
                    silent:*'"server/discover"'*) ;;
                    exiting:*'"server/discover"'*) exit 3;;
                    modern:*'"server/discover"'*) answer '"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}';;
                    modern:*'"initialize"'*) answer '"error":{"code":-32601,"message":"no such method"}';;
                    modern:*'"tools/list"'*) answer '"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[{"name":"work","inputSchema":{"type":"object"}}]}';;
                    *'"initialize"'*) answer '"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"stub","version":"1"}}';;
                    *'"tools/list"'*) answer '"result":{"tools":[{"name":"work","inputSchema":{"type":"object"}}]}';;
                esac
            done
            """#

        /// The methods that all its processes have heard, and are forgotten; in the order of each process.
        func heard() throws -> [[String]] {
            try record.processes().map { process in
                let name = "\(process).client"
                let lines = try record.directory.read(name).split(separator: "\n")
                try FileManager.default.removeItem(atPath: record.directory.path(name))
                return try lines.compactMap { try JSONTree(parsing: String($0))["method"]?.string }
            }
        }

        func configuration(state: JSONTree) -> JSONTree {
            .object(
                (UpstreamCase.configuration([
                    // Each gateway has its file in another folder, which would be its server's, too.
                    "stub": record.entry("/bin/sh", [program], [.init("cwd", .string(record.directory.path))])
                ]).members ?? []) + [.init("state", state)])
        }

        /// Starts a gateway and stops it again.
        ///
        /// - Returns: the row of `/v1/servers`.
        func serve(state: JSONTree, _ body: (GatewayFixture) async throws -> Void = { _ in }) async throws -> JSONTree {
            let row = try await GatewayFixture.with(configuration(state: state), waitsUntilReady: false) { gateway in
                let row = try await gateway.waitForServer("stub")
                #expect(row["tools"]?.int == 1)
                try await body(gateway)
                return row
            }
            try await record.check(.client)
            return row
        }
    }

    @Test("a server that did not answer is not asked again after a restart, until it turns out to have been replaced")
    func silent() async throws {
        let server = try Server(.silent)
        let state = JSONTree.object([.init("dir", .string(server.record.directory.path("state")))])

        let first = try await server.serve(state: state)
        #expect(first["era"] == "legacy")
        #expect(first["evidence"]?.string?.hasPrefix("server/discover was not answered in 3 s") == true, "\(first)")
        #expect(try server.heard().map { $0.first } == ["server/discover"])

        let second = try await server.serve(state: state)
        #expect(second["era"] == "legacy" && second["restarts"]?.int == 0)
        let evidence = try #require(second["evidence"]?.string)
        #expect(
            try #/remembered from 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ: it did not answer server/discover, but initialize/#
                .wholeMatch(in: evidence) != nil, "\(evidence)")
        let greeted = try server.heard()
        #expect(greeted.map { $0.first } == ["initialize"])
        #expect(!greeted.joined().contains("server/discover"))

        try server.replace(with: .modern)
        let third = try await server.serve(state: state)
        #expect(third["era"] == "modern" && third["evidence"] == "server/discover lists 2026-07-28", "\(third)")
        #expect(Set(try server.heard().map { $0.first }) == ["initialize", "server/discover"])

        // And that is remembered, too: what was is forgotten.
        let fourth = try await server.serve(state: state)
        #expect(fourth["era"] == "modern")
        #expect(try server.heard().map { $0.first } == ["server/discover"])
    }

    @Test("a server that exits when it is asked is started once after a restart")
    func exiting() async throws {
        let server = try Server(.exiting)
        let state = JSONTree.object([.init("dir", .string(server.record.directory.path("state")))])
        _ = try await server.serve(state: state)
        #expect(Set(try server.heard().map { $0.first }) == ["server/discover", "initialize"])
        let second = try await server.serve(state: state)
        #expect(
            second["evidence"]?.string?.hasSuffix("it exited when it was asked server/discover, and took initialize")
                == true)
        #expect(try server.heard().map { $0.first } == ["initialize"])
    }

    @Test("without a folder nothing is remembered; a file that is damaged is told of and written anew")
    func damaged() async throws {
        let server = try Server(.exiting)
        for _ in 0..<2 {
            _ = try await server.serve(state: ["key": "0123456789abcdef"])
            #expect(Set(try server.heard().map { $0.first }) == ["server/discover", "initialize"])
        }
        let folder = server.record.directory.path("state")
        try server.record.directory.write("{\"format\":", to: "state/eras.json")
        let state: JSONTree = ["dir": .string(folder), "key": "0123456789abcdef"]
        _ = try await server.serve(state: state) { gateway in
            #expect(gateway.process.transcript.contains("eras of servers not remembered"))
        }
        #expect(Set(try server.heard().map { $0.first }) == ["server/discover", "initialize"])
        let next = try await server.serve(state: state)
        #expect(next["evidence"]?.string?.hasPrefix("remembered from") == true)
    }

    @Test("two gateways with one folder know what either has found out")
    func shared() async throws {
        let (one, other) = (try Server(.exiting), try Server(.exiting))
        let state = JSONTree.object([.init("dir", .string(one.record.directory.path("state")))])
        try await GatewayFixture.with(one.configuration(state: state)) { first in
            try await first.waitForServer("stub")
            _ = try await GatewayFixture.with(other.configuration(state: state)) { second in
                try await second.waitForServer("stub")
            }
        }
        for server in [one, other] {
            _ = try server.heard()
            let row = try await server.serve(state: state)
            #expect(row["evidence"]?.string?.hasPrefix("remembered from") == true, "\(row)")
            #expect(try server.heard().map { $0.first } == ["initialize"])
        }
    }

    @Test("a server that is silent when greeted as what it was is asked the next time it is tried")
    func silentSuccessor() async throws {
        let server = try Server(.silent)
        let state = JSONTree.object([.init("dir", .string(server.record.directory.path("state")))])
        _ = try await server.serve(state: state)
        _ = try server.heard()
        try server.record.directory.write(
            """
            while IFS= read -r line; do case $line in *'"initialize"'*) continue;; esac; printf '%s\\n' "$line"; done |
            sh '\(server.record.directory.path("modern.sh"))'
            """, to: "server.sh")
        let hidden = try Server(.modern)
        try server.record.directory.write(try hidden.record.directory.read("server.sh"), to: "modern.sh")
        var configuration = server.configuration(state: state).members ?? []
        for index in configuration.indices where configuration[index].name == "defaults" {
            configuration[index].value = ["timeouts": ["connect": "1s"]]
        }
        try await GatewayFixture.with(.object(configuration), waitsUntilReady: false) { gateway in
            let row = try await gateway.waitForServer("stub")
            #expect(row["era"] == "modern" && row["restarts"]?.int == 1, "\(row)")
        }
        #expect(Set(try server.heard().map { $0.first }) == ["initialize", "server/discover"])
    }
}
