import TestSupport
import Testing

/// Streams that the gateway closes on purpose, so that no request lasts long (MCP 2025-11-25, Transports, "Sending
/// Messages to the Server").
@Suite("calls that are polled for")
struct PollingTests {
    private static let limits: JSONTree = ["pollAfter": "150ms", "pollRetry": "70ms"]

    @Test(
        "a client of 2025-11-25 is sent away, comes back, and gets each message once",
        arguments: ServerTransport.allCases)
    func polled(transport: ServerTransport) async throws {
        try await FaultCase.with(transport, limits: Self.limits) { gateway in
            try await SessionClient.with(gateway) { client in
                let call = try await client.start("progress", ["steps": 20, "delayMs": 30], meta: ["progressToken": 1])
                var progress: [Int?] = []
                while let message = try await call.next() { progress.append(message["params"]?["progress"]?.int) }
                #expect(call.retryMilliseconds == 70)
                #expect(progress.count < 20)
                try await call.resume()
                let (response, before) = try await call.rest()
                progress += before.map { $0["params"]?["progress"]?.int }
                #expect(progress == Array(1...20))
                #expect(response?["result"]?["content"]?[0]?["text"] == "20 steps done")
                try await call.expectEnd()
            }
        }
    }

    @Test("a client that was sent away while it was asked answers, and comes back for the end")
    func askedMeanwhile() async throws {
        try await FaultCase.with(.stdio, limits: Self.limits) { gateway in
            try await SessionClient.with(gateway, capabilities: SessionClient.askable) { client in
                let call = try await client.start("ask_twice", ["tag": "q"])
                let first = try await call.question()
                try await call.expectEnd()
                #expect(call.retryMilliseconds == 70)
                try await client.answer(first)
                try await call.resume()
                try await client.answer(try await call.question())
                let answers = try JSONTree(parsing: try #require(try await call.text()))
                #expect(answers.elements?.count == 2)
            }
        }
    }

    @Test(
        "older clients, which do not know how to come back, are not sent away", arguments: ["2025-03-26", "2025-06-18"])
    func older(revision: String) async throws {
        try await FaultCase.with(.stdio, limits: Self.limits) { gateway in
            try await SessionClient.with(gateway, revision: revision) { client in
                let call = try await client.start("progress", ["steps": 20, "delayMs": 20], meta: ["progressToken": 1])
                let (response, before) = try await call.rest()
                #expect(before.count == 20)
                #expect(response?["result"] != nil)
                #expect(call.retryMilliseconds == nil)
            }
        }
    }
}
