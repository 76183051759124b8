import TestSupport

extension Feature {
    /// What tools answer: every kind of content, which older clients get in the form that their revision has.
    static let content = [
        Feature("simple text") { cell in
            try await cell.expectContent(
                of: "test_simple_text", [text("This is a simple text response for testing.")])
        },
        Feature("text that is easily broken") { cell in
            try await cell.expectContent(
                of: "text", [text("plain, \"quoted\", back\\slash, line\nbreak, ümläut, 漢字, 🚀")])
        },
        Feature("image") { cell in
            try await cell.expectContent(of: "test_image_content", [image])
        },
        Feature("audio") { cell in
            guard cell.back >= .v2025_03_26 else { return try await cell.expectUnknown("test_audio_content") }
            let sound = cell.front >= .v2025_03_26 ? audio : audioAsResource
            try await cell.expectContent(of: "test_audio_content", [sound])
        },
        Feature("embedded resource") { cell in
            try await cell.expectContent(
                of: "test_embedded_resource",
                [
                    resource(
                        "test://embedded-resource", "text/plain", "This is an embedded resource content.")
                ])
        },
        Feature("mixed content") { cell in
            try await cell.expectContent(
                of: "test_multiple_content_types",
                [
                    text("Multiple content types test:"), image,
                    resource(
                        "test://mixed-content-resource", "application/json", #"{"test":"data","value":123}"#),
                ])
        },
        Feature("resource link") { cell in
            guard cell.back >= .v2025_06_18 else { return try await cell.expectUnknown("resource_link") }
            let result = try cell.require(try await cell.call("resource_link").result, "no result")
            let block = result["content"]?[0]
            let uri: String
            if cell.front >= .v2025_06_18 {
                uri = block?["uri"]?.string ?? ""
                let expected: JSONTree = [
                    "type": "resource_link", "uri": .string(uri), "name": "linked", "mimeType": "text/plain",
                ]
                try cell.expect(result["content"], means: [expected], "the content")
            } else {
                let words = block?["text"]?.string ?? ""
                try cell.expect(words.hasPrefix("linked\n"), "the link has become \"\(words)\"")
                uri = String(words.dropFirst("linked\n".count))
                try cell.expect(result["content"], means: [text(words)], "the content")
            }
            try cell.expectOwn(uri, "test://linked")
        },
        Feature("structured content") { cell in
            let arguments: JSONTree = ["city": "Bergen"]
            guard cell.back >= .v2025_06_18 else { return try await cell.expectUnknown("structured", arguments) }
            let result = try cell.require(try await cell.call("structured", arguments).result, "no result")
            let weather: JSONTree = [
                "city": "Bergen", "celsius": .number("21.50"), "conditions": ["sunny", "windy"],
            ]
            try cell.expect(result["content"], means: [text(weather.description)], "the content")
            // Not only the same number: the same spelling.
            let expected = cell.front >= .v2025_06_18 ? Optional.some(weather) : Optional.none
            try cell.expect(result["structuredContent"] == expected, "structuredContent is \(result)")
        },
        Feature("structured content that is no object") { cell in
            for (tool, words, value) in [
                ("structured_list", "[1,2,3]", [1, 2, 3]), ("structured_number", "21.5", .number("21.5")),
            ]
                as [(String, String, JSONTree)]
            {
                guard cell.back.isModern else { return try await cell.expectUnknown(tool) }
                let result = try cell.require(try await cell.call(tool).result, "no result of \(tool)")
                let expected: JSONTree? =
                    cell.front.isModern ? value : cell.front >= .v2025_06_18 ? ["result": value] : Optional.none
                try cell.expect(
                    result["structuredContent"]?.means(expected ?? .null) ?? (expected == nil),
                    "structuredContent is \(result)")
                // Who sees no other content is told in words.
                if !cell.front.isModern { try cell.expect(result["content"], means: [text(words)], "the content") }
            }
        },
        Feature("arguments that are repeated in headers") { cell in
            let arguments: JSONTree = [
                "region": "Västra", "count": 42, "dryRun": true, "note": "n", "tenant": ["id": " x "],
            ]
            try cell.expect(
                try await cell.json(of: "test_header_mirroring", arguments), means: arguments, "what the server got")
        },
        Feature("a result that is an error") { cell in
            try cell.expectToolError(
                try await cell.call("test_error_handling"), "This tool intentionally returns an error for testing")
        },
        Feature("a JSON-RPC error") { cell in
            let answer = try await cell.call("protocol_error", ["code": -32050, "message": "as it should be"])
            try cell.expectError(answer, code: -32050)
            try cell.expect(answer.error?["message"], means: "as it should be", "the message")
        },
        Feature("refusals") { cell in
            try cell.expectError(try await cell.call("no_such_tool"), code: -32602)
            let answer = try await cell.call("delay")
            try cell.expect(answer.result?["isError"] == true, "without its argument: \(answer)")
            let prompt: JSONTree = ["name": .string(cell.server.exposed(name: "no_such_prompt"))]
            try cell.expectError(try await cell.client.request("prompts/get", prompt), code: -32602)
        },
    ]

    static func text(_ text: String) -> JSONTree { ["type": "text", "text": .string(text)] }

    static func resource(_ uri: String, _ mimeType: String, _ text: String) -> JSONTree {
        [
            "type": "resource",
            "resource": ["uri": .string(uri), "mimeType": .string(mimeType), "text": .string(text)],
        ]
    }

    /// One orange pixel.
    static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4n8YAAAPNAWb9kSz2AAAAAElFTkSuQmCC"
    static let image: JSONTree = ["type": "image", "data": .string(png), "mimeType": "image/png"]

    /// A millisecond of silence.
    private static let wav: JSONTree = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA=="
    private static let audio: JSONTree = ["type": "audio", "data": wav, "mimeType": "audio/wav"]
    private static let audioAsResource: JSONTree = [
        "type": "resource", "resource": ["uri": "audio:content/0", "mimeType": "audio/wav", "blob": wav],
    ]
}

extension Cell {
    /// Expects this content of a tool, apart from URIs of the server's own: these may be rewritten to say whose they are.
    func expectContent(of tool: String, _ expected: [JSONTree]) async throws {
        let answer = try await call(tool)
        let result = try require(answer.result, "got \(answer)")
        try expect(result["isError"] != true, "got \(result)")
        try expect(result["content"].map(withOwnURIs), means: .array(expected), "the content")
    }

    /// A URI that a server has named and not listed: the first of several with the same one keeps it.
    func expectOwn(_ uri: String, _ original: String) throws {
        try expect(
            own(uri) == original, "the URI is \(uri), should be \(original), or say that it is of \(server.name)")
    }

    private func own(_ uri: String) -> String {
        let prefix = "\(server.name)+"
        return uri.hasPrefix(prefix) ? String(uri.dropFirst(prefix.count)) : uri
    }

    /// This value with the server's own URIs.
    func withOwnURIs(_ value: JSONTree) -> JSONTree {
        switch value {
        case .array(let elements): return .array(elements.map(withOwnURIs))
        case .object(let members):
            return .object(
                members.map { member in
                    if member.name == "uri", let uri = member.value.string { return .init("uri", .string(own(uri))) }
                    return .init(member.name, withOwnURIs(member.value))
                })
        default: return value
        }
    }
}
