import TestSupport

extension Feature {
    static let prompts = [
        Feature("prompts/get of a simple one") { cell in
            try await cell.expectPrompt("test_simple_prompt", [:], [text("This is a simple prompt for testing.")])
        },
        Feature("prompts/get with arguments") { cell in
            try await cell.expectPrompt(
                "test_prompt_with_arguments", ["arg1": "hello", "arg2": "wörld"],
                [text("Prompt with arguments: arg1='hello', arg2='wörld'")])
        },
        Feature("prompts/get with an embedded resource") { cell in
            try await cell.expectPrompt(
                "test_prompt_with_embedded_resource", ["resourceUri": "test://example"],
                [
                    resource("test://example", "text/plain", "Embedded resource content for testing."),
                    text("Please process the embedded resource above."),
                ])
        },
        Feature("prompts/get with an image") { cell in
            try await cell.expectPrompt(
                "test_prompt_with_image", [:], [image, text("Please analyze the image above.")])
        },
        Feature("completion of a prompt's argument") { cell in
            let ref = cell.reference(toPrompt: "test_prompt_with_arguments")
            let result = try await cell.result(
                "completion/complete", ["ref": ref, "argument": ["name": "arg1", "value": "par"]])
            try cell.expect(
                result["completion"], means: ["values": ["paris", "park", "party"], "total": 3, "hasMore": false],
                "the completion")
        },
        Feature("completion with a context") { cell in
            var params: [JSONTree.Member] = [
                .init("ref", cell.reference(toPrompt: "test_prompt_with_arguments")),
                .init("argument", ["name": "arg2", "value": ""]),
            ]
            if cell.front >= .v2025_06_18 { params.append(.init("context", ["arguments": ["arg1": "park"]])) }
            let start = cell.common >= .v2025_06_18 ? "park-" : ""
            let values = ["one", "three", "two"].map { JSONTree.string(start + $0) }
            let result = try await cell.result("completion/complete", .object(params))
            try cell.expect(
                result["completion"], means: ["values": .array(values), "total": 3, "hasMore": false],
                "the completion")
        },
        Feature("completion of a template") { cell in
            let uri: JSONTree = .string(cell.server.exposed(uri: "test://template/{id}/data"))
            let result = try await cell.result(
                "completion/complete",
                ["ref": ["type": "ref/resource", "uri": uri], "argument": ["name": "id", "value": "1"]])
            let all = (1...250).map(String.init).filter { $0.hasPrefix("1") }
            try cell.expect(
                result["completion"],
                means: [
                    "values": .array(all.prefix(100).map(JSONTree.string)), "total": .number("\(all.count)"),
                    "hasMore": true,
                ], "the completion")
        },
    ]
}

extension Cell {
    fileprivate func reference(toPrompt name: String) -> JSONTree {
        ["type": "ref/prompt", "name": .string(server.exposed(name: name))]
    }

    /// Expects messages of the user with this content.
    fileprivate func expectPrompt(_ name: String, _ arguments: JSONTree, _ content: [JSONTree]) async throws {
        let listed = matrix.lists.prompts.contains { $0["name"]?.string == server.exposed(name: name) }
        try expect(listed, "it is not listed")
        let result = try await result(
            "prompts/get", ["name": .string(server.exposed(name: name)), "arguments": arguments])
        let messages = content.map { ["role": "user", "content": $0] as JSONTree }
        try expect(result["messages"].map(withOwnURIs), means: .array(messages), "the messages")
        try expect(result["description"]?.string?.isEmpty == false, "there is no description")
    }
}
