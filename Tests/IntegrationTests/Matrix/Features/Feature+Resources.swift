import TestSupport

extension Feature {
    static let resources = [
        Feature("resources/read of a text") { cell in
            let item = try await cell.read("test://static-text")
            try cell.expect(
                item,
                means: [
                    "uri": .string(cell.server.exposed(uri: "test://static-text")), "mimeType": "text/plain",
                    "text": "This is the content of the static text resource.",
                ], "the item")
        },
        Feature("resources/read of a binary") { cell in
            let item = try await cell.read("test://static-binary")
            try cell.expect(
                item,
                means: [
                    "uri": .string(cell.server.exposed(uri: "test://static-binary")), "mimeType": "image/png",
                    "blob": .string(png),
                ], "the item")
        },
        Feature("resources/read by a template") { cell in
            let template = cell.server.exposed(uri: "test://template/{id}/data")
            try cell.expect(
                cell.matrix.lists.templates.contains { $0["uriTemplate"]?.string == template },
                "\(template) is not listed")
            let item = try await cell.read("test://template/\(cell.server.name)/data")
            let text = try cell.require(item["text"]?.string, "got \(item)")
            try cell.expect(
                try JSONTree(parsing: Array(text.utf8)),
                means: [
                    "id": .string(cell.server.name), "templateTest": true,
                    "data": .string("Data for ID: \(cell.server.name)"),
                ], "the text")
        },
        Feature("resources/read of an unknown one") { cell in
            let uri = "\(cell.server.name)+test://nowhere"
            let answer = try await cell.client.request("resources/read", ["uri": .string(uri)])
            try cell.expectError(answer, code: cell.front.isModern ? -32602 : -32002)
            try cell.expect(answer.error?["data"]?["uri"], means: .string(uri), "the error's URI")
        },
        Feature("subscription") { cell in
            let uri = "test://watched-resource"
            let exposed: JSONTree = .string(cell.server.exposed(uri: uri))
            let subscription = try await cell.client.subscribe(exposed)
            let seen = try await cell.json(of: "subscriptions").elements ?? []
            // A server of 2026-07-28 may still be listened to for what another client wanted.
            try cell.expect(
                cell.back.isModern ? seen.contains(.string(uri)) : seen == [.string(uri)],
                "what is subscribed to is \(seen)")
            let before = try await cell.updates()
            let place = cell.client.toldCount
            _ = try await cell.text(of: "update_resource")
            let news = try await cell.client.told("resources/updated", since: place) {
                $0["method"] == "notifications/resources/updated" && $0["params"]?["uri"] == exposed
            }
            try cell.expect((news[0]["params"]?["_meta"] != nil) == cell.front.isModern, "the update is \(news[0])")
            let after = try await cell.updates()
            try cell.expect(after != before, "the resource is what it was: \(after)")
            try await cell.client.unsubscribe(subscription)
            // A server of 2026-07-28 goes on being listened to: to leave one URI out is to begin anew.
            if cell.back.isModern { return }
            try await cell.wait(for: "no subscription", "subscriptions") { $0 == [] }
        },
        Feature("ui:// of a tool and its resource") { cell in
            let uri: JSONTree = .string(cell.server.exposed(uri: "ui://reference/app"))
            let listed = cell.matrix.lists.resources.first { $0["uri"] == uri }
            try cell.expect(listed?["mimeType"], means: "text/html;profile=mcp-app", "the listed type")
            let item = try await cell.read("ui://reference/app")
            try cell.expect(item["text"]?.string?.contains("Hello from ui://reference/app") == true, "it is \(item)")
            guard cell.back >= .v2025_06_18 else { return try await cell.expectUnknown("show_app") }
            try cell.expect(item["_meta"]?["ui"]?["prefersBorder"] == true, "_meta of the item is missing: \(item)")
            let name = cell.server.exposed(name: "show_app")
            let tool = cell.matrix.lists.tools.first { $0["name"]?.string == name }
            try cell.expect(tool?["_meta"]?["ui"]?["resourceUri"], means: uri, "the tool's view")
            let result = try await cell.call("show_app").result
            try cell.expect(result?["_meta"]?["ui"]?["resourceUri"], means: uri, "the result's view")
            try cell.expect(result?["content"], means: [text("Hello from show_app")], "the content")
        },
    ]
}

extension Cell {
    /// The only item of a resource's contents.
    fileprivate func read(_ uri: String) async throws -> JSONTree {
        let exposed: JSONTree = .string(server.exposed(uri: uri))
        let contents = try await result("resources/read", ["uri": exposed])["contents"]
        try expect(contents?.elements?.count == 1, "the contents are \(contents ?? .null)")
        let item = try require(contents?[0], "no item")
        try expect(item["uri"], means: exposed, "the item's URI")
        return item
    }

    fileprivate func updates() async throws -> String {
        try await read("test://watched-resource")["text"]?.string ?? ""
    }
}
