import Foundation
import TestSupport
import Testing

@Suite("Files that go to and from the agent")
struct AgentFileTests {
    private static func attached(_ attachments: JSONTree..., content: JSONTree = "look") -> JSONTree {
        AgentFixture.body([
            ["role": "user", "content": content, "custom_content": ["attachments": .array(attachments)]]
        ])
    }

    /// The content parts of the model's first question, texts as they are and pictures by their URL.
    private func parts(_ agent: AgentFixture) async throws -> [String] {
        let content = try await agent.messages(ofRequest: 0).last?["content"]
        return (content?.elements ?? []).map { $0["text"]?.string ?? $0["image_url"]?["url"]?.string ?? "\($0)" }
    }

    @Test("short texts and pictures of the storage are put into the message, everything else is listed")
    func stored() async throws {
        try await AgentFixture.with(steps: [["text": "seen"]], files: []) { agent in
            let text = try await agent.store(Array("a,b\n1,\"x|y\"\n".utf8), as: "table%201.csv", type: "text/csv")
            let page = try await agent.store(
                Array("<p>Hi</p><script>x()</script>".utf8), as: "p", type: "text/html; charset=utf-8")
            let picture = try await agent.store([0x89, 0x50, 0x4E, 0x47], as: "p.png", type: "image/png")
            let document = try await agent.store(Array("%PDF".utf8), as: "d.pdf", type: "application/pdf")
            let long = try await agent.store(
                [UInt8](repeating: 0x61, count: 20_001), as: "long.txt", type: "text/plain")
            let answer = try await agent.post(
                Self.attached(
                    ["type": "text/csv", "url": .string(text)],
                    ["type": "text/html", "title": "P", "url": .string(page)],
                    ["type": "image/png", "url": .string(picture)],
                    ["type": "application/pdf", "url": .string(document)],
                    ["type": "text/plain", "url": .string(long)],
                    ["type": "text/plain", "url": "files/B/gone.txt"]),
                to: AgentFixture.dial, headers: [("Api-Key", "callers")])
            #expect(try answer.content() == "seen", "\(answer)\n\(agent.agent.transcript)")
            #expect(
                try await parts(agent) == [
                    "look", "table 1.csv\n```\n| a | b |\n| --- | --- |\n| 1 | x\\|y |\n```", "P\n```\nHi\n```",
                    "data:image/png;base64,iVBORw==", "[the attachment gone.txt does not exist]",
                    "Attached files URLs:\n\(document)\n\(long)\nfiles/B/gone.txt",
                ])
            let fetches = try await agent.modelRequests().filter { $0["headers"]?["api-key"]?.string == "callers" }
            #expect(
                fetches.count == 5, "the storage is asked with the caller's key, and not for what tools have to read")
        }
    }

    @Test("a file is read page by page, and what cannot be read is explained")
    func fileReader() async throws {
        let text = String(repeating: "0123456789", count: 2500) + "é"
        func read(_ url: String, _ more: String = "") -> JSONTree {
            ["name": "agent_file_read", "arguments": .string(#"{"file_url":"\#(url)"\#(more)}"#)]
        }
        let steps: [JSONTree] = [
            [
                "toolCalls": [
                    read("files/B/long.txt"), read("files/B/long.txt", #","page":3"#),
                    read("files/B/long.txt", #","page":4"#), read("files/B/d.pdf"), read("files/B/none.txt"),
                    read("files/B/../../v1/bucket"), read("http://127.0.0.1:1/x"),
                ]
            ], ["text": "read"],
        ]
        try await AgentFixture.with(steps: steps, files: []) { agent in
            let url = try await agent.store(Array(text.utf8), as: "long.txt", type: "text/plain")
            _ = try await agent.store(Array("%PDF".utf8), as: "d.pdf", type: "application/pdf")
            let answer = try await agent.post(Self.attached(["type": "text/plain", "url": .string(url)]))
            #expect(try answer.content() == "read", "\(answer)")
            let results = try await agent.messages(ofRequest: 1).suffix(7).map { $0["content"]?.string ?? "" }
            #expect(results[0].hasPrefix("0123") && results[0].hasSuffix("\n\n**Page #1. Total pages: 3**"))
            #expect(results[1].hasSuffix("9é\n\n**Page #3. Total pages: 3**"))
            #expect(results[2] == "Error: the file files/B/long.txt has 3 pages; there is no page 4")
            #expect(results[3].contains("application/pdf, which cannot be read as text"))
            #expect(results[4] == "Error: the file files/B/none.txt does not exist")
            #expect(results[5].contains("is not a plain path of the storage"))
            #expect(results[6].contains("127.0.0.1, which is not among the hosts"))
            let tools = try await agent.questions()[0]["body"]?["tools"]?.elements ?? []
            #expect(tools.contains { $0["function"]?["name"]?.string == "agent_file_read" })
        }
    }

    @Test("no file reader is offered where there is nothing to read")
    func noReader() async throws {
        try await AgentFixture.with(steps: [["text": "x"]], files: []) { agent in
            _ = try await agent.post(AgentFixture.body("go"))
            let tools = try await agent.questions()[0]["body"]?["tools"]?.elements ?? []
            #expect(!tools.contains { $0["function"]?["name"]?.string == "agent_file_read" })
        }
    }

    @Test("other hosts are asked only if they are allowed, at public addresses, and lead nowhere else")
    func otherHosts() async throws {
        try await AgentFixture.with(steps: [["text": "x"]], files: ["127.0.0.1", "LOCALHOST"]) { agent in
            _ = try await agent.store(Array("fine".utf8), as: "a.txt", type: "text/plain")
            let base = "http://127.0.0.1:\(agent.modelPort)"
            let urls = [
                "\(base)/v1/files/B/a.txt", "\(base)/go?/v1/files/B/a.txt",
                "\(base)/go?http://localhost:\(agent.modelPort)/v1/files/B/a.txt",
                "http://localhost:\(agent.modelPort)/v1/files/B/a.txt",
                "http://127.0.0.2:\(agent.modelPort)/v1/files/B/a.txt",
                "http://127.0.0.1@evil.example/a.txt", "\(base)/go?\(base)/go?\(base)/go?x",
            ]
            let body = AgentFixture.body([
                [
                    "role": "user", "content": "look",
                    "custom_content": [
                        "attachments": .array(
                            urls.enumerated().map {
                                [
                                    "type": "text/plain", "title": .string("t\($0.offset)"), "url": .string($0.element),
                                ]
                            })
                    ],
                ]
            ])
            let answer = try await agent.post(body, to: AgentFixture.dial, headers: [("Api-Key", "secret")])
            #expect(answer.status == 200, "\(answer)")
            let parts = try await parts(agent)
            #expect(parts[1] == "t0\n```\nfine\n```" && parts[2] == "t1\n```\nfine\n```", "\(parts)")
            #expect(parts[3] == "[the attachment t2 redirects to another host, or to plain http]")
            #expect(parts[4] == "[the attachment t3 is on a host that cannot be reached, or may not be]")
            #expect(parts[5].hasPrefix("[the attachment t6 "))
            #expect(parts.last?.hasSuffix("evil.example/a.txt\n\(urls[6])") == true)
            let keys = try await agent.modelRequests().dropLast().compactMap { $0["headers"]?["api-key"] }
            #expect(keys.isEmpty, "no other host gets the caller's key")
        }
    }

    @Test("OpenAI's files and pictures are taken like attachments")
    func contentParts() async throws {
        let steps: [JSONTree] = [["text": "x"]]
        func ask(_ agent: AgentFixture) async throws -> [String] {
            let content: JSONTree = [
                ["type": "text", "text": "look"],
                ["type": "image_url", "image_url": ["url": "data:image/png;base64,AAAA", "detail": "low"]],
                ["type": "image_url", "image_url": ["url": "files/B/p.png"]],
                ["type": "image_url", "image_url": ["url": "https://example.org/x.png"]],
                ["type": "file", "file": ["filename": "n.txt", "file_data": "data:text/plain;base64,aGk="]],
                ["type": "file", "file": ["file_id": "f-1"]],
                ["type": "input_audio", "input_audio": ["format": "wav", "data": "AAAA"]],
            ]
            _ = try await agent.store([1, 2, 3], as: "p.png", type: "image/png")
            let answer = try await agent.post(AgentFixture.body([["role": "user", "content": content, "name": "ann"]]))
            #expect(answer.status == 200, "\(answer)")
            return try await parts(agent)
        }
        try await AgentFixture.with(steps: steps, files: []) { agent in
            let parts = try await ask(agent)
            #expect(parts[..<3] == ["look", "data:image/png;base64,AAAA", "data:image/png;base64,AQID"])
            #expect(parts[3] == "https://example.org/x.png" && parts[4] == "n.txt\n```\nhi\n```")
            let message = try await agent.messages(ofRequest: 0).last
            #expect(
                message?["name"]?.string == "ann" && message?["content"]?[1]?["image_url"]?["detail"]?.string == "low")
            #expect(parts[5].contains("f-1") && parts[6].hasPrefix("[a recording (wav)"))
        }
        try await AgentFixture.with(steps: steps, llm: [.init("vision", false)], files: []) { agent in
            let parts = try await ask(agent)
            #expect(parts[1] == "[attachment attachment: image/png]")
            #expect(parts.last == "Attached files URLs:\nfiles/B/p.png\nhttps://example.org/x.png")
        }
    }

    /// A result with one picture of so many bytes, made of what a test has.
    private static func picture(bytes: Int) -> JSONTree {
        let data = Data(repeating: 7, count: bytes).base64EncodedString()
        return [
            "stream": [
                [
                    "delta": [
                        "content": "here",
                        "custom_content": [
                            "attachments": [["type": "image/png", "title": "chart/1", "data": .string(data)]]
                        ],
                    ]
                ], ["finish": "stop"], ["done": true],
            ]
        ]
    }

    @Test(
        "a large attachment of an answer is stored, a small one and one that cannot be stored are sent along",
        arguments: [("callers", 70_000, true), ("callers", 60_000, false), ("stranger", 70_000, false)])
    func output(key: String, bytes: Int, isStored: Bool) async throws {
        try await AgentFixture.with(steps: [Self.picture(bytes: bytes)], files: []) { agent in
            let answer = try await agent.post(
                AgentFixture.body("draw"), to: AgentFixture.dial, headers: [("Api-Key", key)])
            let attachments = try answer.json()["choices"]?[0]?["message"]?["custom_content"]?["attachments"]
            let attachment = try #require(attachments?[0], "\(answer)")
            #expect(attachment["type"]?.string == "image/png" && attachment["title"]?.string == "chart/1")
            #expect((attachment["data"] != nil) != isStored && (attachment["url"] != nil) == isStored)
            guard isStored else { return }
            let url = try #require(attachment["url"]?.string)
            #expect(url.hasPrefix("files/U/appdata/agent/agent/run_") && url.hasSuffix("/1-1.png"))
            let client = try await RawHTTPClient(port: agent.modelPort)
            let file = try await client.request("GET", "/v1/" + url)
            #expect(file.body == [UInt8](repeating: 7, count: bytes) && file[header: "Content-Type"] == "image/png")
        }
    }

    @Test("what can be neither stored nor sent along is said")
    func tooLarge() async throws {
        try await AgentFixture.with(steps: [Self.picture(bytes: 1_100_000)], files: []) { agent in
            let answer = try await agent.post(
                AgentFixture.body("draw"), to: AgentFixture.dial, headers: [("Api-Key", "stranger")])
            let attachment = try answer.json()["choices"]?[0]?["message"]?["custom_content"]?["attachments"]?[0]
            #expect(attachment?["type"]?.string == "text/plain")
            #expect(attachment?["data"]?.string?.contains("could not be stored") == true)
        }
    }
}
