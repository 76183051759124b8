import TestSupport
import Testing

@Suite("Large results through the gateway")
struct LargeResultTests {
    private static let count = 50_000_000

    private func with(body: (GatewayFixture) async throws -> Void) async throws {
        try await ReferenceServer.withHTTP(["--json"]) { url, _ in
            let configuration = UpstreamCase.configuration(["far": ["url": .string(url)]])
            try await GatewayFixture.with(configuration) { gateway in
                try await body(gateway)
                try await gateway.waitUntilIdle()
            }
        }
    }

    @Test("5 MB and 50 MB stream through in bounded memory, every byte of them")
    func streams() async throws {
        try await with { gateway in
            for count in [5_000_000, Self.count] {
                let client = try await gateway.connect()
                try await client.sendRequest(
                    "POST", "/v1/tools/large", body: Array(#"{"bytes":\#(count)}"#.utf8))
                let head = try await client.readHead()
                #expect(head.status == 200)
                let idle = try #require(ProcessTable.residentBytes(of: gateway.process.pid))
                var length = 0
                var most = idle
                var pieces = 0
                while let piece = try await client.readBody() {
                    length += piece.count
                    pieces += 1
                    if pieces % 16 == 0 {
                        most = max(most, ProcessTable.residentBytes(of: gateway.process.pid) ?? 0)
                    }
                }
                #expect(length > count && length < count + 200)
                #expect(most < idle + (16 << 20), "grew from \(idle) to \(most) bytes")
                client.close()
            }
        }
    }

    @Test("a reader that takes nothing holds its own answer back, and nobody else's; when it leaves, all is let go of")
    func slowReader() async throws {
        try await with { gateway in
            let descriptors = try gateway.descriptorCount()
            var readers: [RawHTTPClient] = []
            for _ in 0..<4 {
                let reader = try await gateway.connect(receiveBufferBytes: 4096)
                try await reader.sendRequest(
                    "POST", "/v1/tools/large", body: Array(#"{"bytes":\#(Self.count)}"#.utf8))
                _ = try await reader.readHead()
                readers.append(reader)
            }
            #expect(try await gateway.json("/v1/servers/far")["inFlight"]?.int == 4, "an answer under way is in flight")
            for number in 0..<20 {
                #expect(try await gateway.call("echo", ["message": .string("\(number)")]).text == "\(number)")
            }
            let resident = try #require(ProcessTable.residentBytes(of: gateway.process.pid))
            #expect(resident < 100 << 20, "\(resident) bytes are resident")
            for reader in readers { reader.reset() }
            try await gateway.waitUntilIdle()
            // Each loop keeps a connection or two for the next call.
            try await gateway.waitForDescriptors(atMost: descriptors + 4)
        }
    }

    @Test("an answer beyond maxResultBytes is an error that names the limit, or breaks off where it was under way")
    func limit() async throws {
        try await ReferenceServer.withHTTP(["--json"]) { url, _ in
            let configuration = UpstreamCase.configuration(
                ["far": ["url": .string(url)]], limits: ["maxResultBytes": "1MiB"])
            try await GatewayFixture.with(configuration) { gateway in
                let client = try await gateway.connect()
                try await client.sendRequest("POST", "/v1/tools/large", body: Array(#"{"bytes":3000000}"#.utf8))
                _ = try await client.readHead()
                await #expect(throws: ConnectionFailure.self) {
                    while try await client.readBody() != nil {}
                }
                try await gateway.waitUntilIdle()
            }
        }
    }
}
