import TestSupport
import Testing

/// The servers of the matrix, and the configuration of a gateway in front of all of them.
final class MatrixBench: Sendable {
    /// Where the servers write down what crosses their wires.
    let directory: TemporaryDirectory
    let configuration: JSONTree
    /// What each revision's server lists when it is asked directly.
    let listed: [Revision: ServerLists]
    /// The servers that listen on HTTP. Those on standard streams belong to the gateways.
    private let processes: [RunningProcess]

    private init(
        _ directory: TemporaryDirectory, _ configuration: JSONTree, _ listed: [Revision: ServerLists],
        _ processes: [RunningProcess]
    ) {
        self.directory = directory
        self.configuration = configuration
        self.listed = listed
        self.processes = processes
    }

    static func start() async throws -> MatrixBench {
        let directory = try TemporaryDirectory()
        var processes: [RunningProcess] = []
        do {
            var entries: [JSONTree.Member] = []
            var listed: [Revision: ServerLists] = [:]
            for server in MatrixServer.all {
                let options =
                    [
                        "--name", server.name, "--instructions", server.instructions, "--record",
                        directory.path(server.recordName),
                    ] + (server.revision.isModern ? ["--era", "modern"] : ["--revision", server.revision.rawValue])
                if server.transport == .stdio {
                    entries.append(.init(server.name, try ReferenceServer.stdio(options)))
                    continue
                }
                let process = try RunningProcess(
                    .built("reference-server", ["--http", "127.0.0.1:0"] + options))
                processes.append(process)
                let line = try await process.line("URL") { $0.hasPrefix("listening on http://") }
                let origin = line.dropFirst("listening on ".count).dropLast("/mcp".count)
                let isSSE = server.transport == .sse
                entries.append(
                    .init(
                        server.name,
                        [
                            "type": isSSE ? "sse" : "http", "url": .string("\(origin)\(isSSE ? "/sse" : "/mcp")"),
                        ]))
                if server.transport == .http {
                    let port = try #require(origin.split(separator: ":").last.flatMap { Int($0) }, "\(line)")
                    listed[server.revision] = try await ServerLists(port: port, server.revision)
                }
            }
            let configuration: JSONTree = [
                "listen": "127.0.0.1:0", "logLevel": "info", "mcpServers": .object(entries),
                "defaults": ["pool": ["max": 100]],
                // A client is told what there is once all is known, and has to turn pages.
                "catalog": ["listWait": "30s", "pageSize": 100],
            ]
            return MatrixBench(directory, configuration, listed, processes)
        } catch {
            for process in processes { await process.terminate() }
            throw error
        }
    }

    func stop() async {
        for process in processes { await process.terminate() }
    }
}

extension MatrixServer {
    /// Of the file in which it writes down what crosses its wires, over all its processes.
    var recordName: String { "\(name).record" }
}

/// Everything a server lists.
struct ServerLists: Sendable {
    let tools: [JSONTree]
    let resources: [JSONTree]
    let templates: [JSONTree]
    let prompts: [JSONTree]

    init(_ client: any ProtocolClient) async throws {
        tools = try await client.list("tools/list", "tools")
        resources = try await client.list("resources/list", "resources")
        templates = try await client.list("resources/templates/list", "resourceTemplates")
        prompts = try await client.list("prompts/list", "prompts")
    }

    /// Asks a server at a port directly.
    init(port: Int, _ revision: Revision) async throws {
        let name = "direct client \(revision.rawValue)"
        let client: any ProtocolClient
        if revision.isModern {
            client = try await ModernClient(name, capabilities: [:]) { _ in ModernHTTPWire(port: port) }
        } else {
            client = try await LegacyClient.open(name, revision, capabilities: [:]) {
                StreamableHTTPWire(port: port, receive: $0)
            }
        }
        self = try await ServerLists(client)
        try await client.close()
        let problems = await client.problems()
        #expect(problems == [])
    }
}
