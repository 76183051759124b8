import TestSupport

extension Feature {
    /// Lists: what each server lists is in the merged ones, under names of the gateway, with every member that the
    /// client's revision may see.
    static let lists = [
        Feature("tools/list") { cell in
            // Whether the gateway makes tasks of one era those of the other is another feature's matter.
            let tools = cell.matrix.lists.tools.map { cell.back.isModern ? $0.without("execution") : $0 }
            try cell.expectListed(tools, key: "name") { lists in
                lists.tools.map { tool in cell.exposed(tool: tool) }
            }
            // Names the oracle itself, so that it cannot be right by being empty.
            let names = Set(cell.matrix.lists.tools.compactMap { $0["name"]?.string })
            let since: [(String, Revision)] = [
                ("structured_list", .v2026_07_28), ("echo", .v2024_11_05), ("audio", .v2025_03_26),
                ("structured", .v2025_06_18),
                ("task_only", .v2025_11_25),
            ]
            for (tool, first) in since {
                try cell.expect(
                    names.contains(cell.server.exposed(name: tool)) == (cell.back >= first),
                    "\(tool) is listed although it is since \(first), or is not")
            }
        },
        Feature("resources/list") { cell in
            try cell.expectListed(cell.matrix.lists.resources, key: "uri") { lists in
                lists.resources.map { $0.replacing("uri") { cell.server.exposed(uri: $0) } }
            }
        },
        Feature("resources/templates/list") { cell in
            try cell.expectListed(cell.matrix.lists.templates, key: "uriTemplate") { lists in
                lists.templates.map { $0.replacing("uriTemplate") { cell.server.exposed(uri: $0) } }
            }
        },
        Feature("prompts/list") { cell in
            try cell.expectListed(cell.matrix.lists.prompts, key: "name") { lists in
                lists.prompts.map { $0.replacing("name") { cell.server.exposed(name: $0) } }
            }
        },
        Feature("title, icons, annotations and _meta of a tool") { cell in
            let name = cell.server.exposed(name: "test_simple_text")
            let tool = try cell.require(cell.matrix.lists.tools.first { $0["name"]?.string == name }, "not listed")
            // What is not known to an older client may stay.
            try cell.expect((tool["annotations"] != nil) == (cell.back >= .v2025_03_26), "annotations: \(tool)")
            try cell.expect((tool["title"] == "Simple text") == (cell.back >= .v2025_06_18), "title: \(tool)")
            try cell.expect(
                (tool["_meta"]?["example.com/kind"] == "fixture") == (cell.back >= .v2025_06_18), "_meta: \(tool)")
            try cell.expect(
                (tool["icons"]?[0]?["mimeType"] == "image/png") == (cell.back >= .v2025_11_25), "icons: \(tool)")
        },
    ]

    /// Changes of lists, which all servers make at the same time.
    static let changes = [
        change("tools", "tools/list", key: "name", "change_tools") { $0.exposed(name: "changing") },
        change("resources", "resources/list", key: "uri", "change_resources") { $0.exposed(uri: "test://changing") },
        change("prompts", "prompts/list", key: "name", "change_prompts") { $0.exposed(name: "changing_prompt") },
    ]

    private static func change(
        _ kind: String, _ method: String, key: String, _ tool: String,
        _ exposed: @escaping @Sendable (MatrixServer) -> String
    ) -> Feature {
        Feature(
            "list_changed of \(kind)", isAlone: true,
            prepare: { matrix in
                let all = Set(MatrixServer.all.map(exposed))
                let added = try await matrix.change(kind, method, key: key, tool) { all.isSubset(of: $0) }
                let removed = try await matrix.change(kind, method, key: key, tool) { all.isDisjoint(with: $0) }
                let change = MatrixClient.ListChange(
                    isAnnounced: added.isAnnounced && removed.isAnnounced, during: added.keys, after: removed.keys)
                matrix.changes.withLock { $0[method] = change }
            }
        ) { cell in
            let change = try cell.require(cell.matrix.changes.withLock { $0[method] }, "the lists were not changed")
            let name = exposed(cell.server)
            try cell.expect(change.isAnnounced, "notifications/\(kind)/list_changed did not come")
            try cell.expect(change.during.contains(name), "\(name) was added, but not listed")
            try cell.expect(!change.after.contains(name), "\(name) was removed, but is listed")
        }
    }
}

extension Cell {
    /// Expects that what is listed of this server is what it lists itself.
    ///
    /// - Parameter make: the server's own items, as they should be.
    fileprivate func expectListed(
        _ listed: [JSONTree], key: String, _ make: (ServerLists) -> [JSONTree]
    ) throws {
        let own = try require(matrix.listed[back], "what the server lists is not known")
        let expected = make(own)
        let keys = Set(expected.compactMap { $0[key]?.string })
        let found = listed.filter { item in item[key]?.string.map(keys.contains) ?? false }
        for (index, item) in expected.enumerated() where index >= found.count || found[index] != item {
            throw Mismatch(
                description:
                    "item \(index) is \(index < found.count ? "\(found[index])" : "missing"), should be \(item)")
        }
        try expect(found.count == expected.count, "\(found.count) items are listed, not \(expected.count)")
        // Nothing of this server but these.
        let prefix = server.exposed(name: "")
        if key == "name" {
            try expect(
                listed.count { $0[key]?.string?.hasPrefix(prefix) ?? false } == expected.count, "more is listed")
        }
    }

    /// Output schemas that are none of an object, as older clients should see them.
    private static let wrappedSchemas: [String: JSONTree] = [
        "structured_list": [
            "type": "object", "properties": ["result": ["type": "array", "items": ["type": "integer"]]],
            "required": ["result"],
        ],
        "structured_number": [
            "type": "object",
            "properties": [
                "result": ["$defs": ["n": ["type": "number"]], "$ref": "#/properties/result/$defs/n"]
            ], "required": ["result"],
        ],
    ]

    /// A tool of this server as the client should see it.
    fileprivate func exposed(tool: JSONTree) -> JSONTree {
        var exposed = tool.replacing("name") { server.exposed(name: $0) }
        exposed = exposed.replacingMember("_meta") { meta in
            meta.replacingMember("ui") { $0.replacing("resourceUri") { server.exposed(uri: $0) } }
        }
        if front != .v2025_11_25 { exposed = exposed.without("execution") }
        if front < .v2025_06_18 { exposed = exposed.without("outputSchema") }
        // Older revisions have structured content that is an object, and nothing else.
        if !front.isModern, let name = tool["name"]?.string, let schema = Self.wrappedSchemas[name] {
            exposed = exposed.replacingMember("outputSchema") { _ in schema }
        }
        return exposed
    }
}

extension MatrixClient {
    /// Lets all servers change a list and reads it until all changes are in it, or for some time.
    fileprivate func change(
        _ kind: String, _ method: String, key: String, _ tool: String, until isComplete: (Set<String>) -> Bool
    ) async throws -> (isAnnounced: Bool, keys: Set<String>) {
        let announcement: JSONTree = .string("notifications/\(kind)/list_changed")
        let place = plain.toldCount
        try await withThrowingTaskGroup(of: Void.self) { group in
            for server in MatrixServer.all {
                group.addTask { [plain] in
                    let answer = try await plain.request(
                        "tools/call", ["name": .string(server.exposed(name: tool)), "arguments": [:]])
                    guard answer.result != nil, answer.result?["isError"] != true else {
                        throw Cell.Mismatch(description: "\(server): \(tool) got \(answer)")
                    }
                }
            }
            try await group.waitForAll()
        }
        var isAnnounced = true
        do {
            _ = try await plain.told("\(announcement)", since: place) { $0["method"] == announcement }
        } catch is ObservationTimedOut {
            isAnnounced = false
        }
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let keys = Set(try await plain.list(method, kind, beginsAnew: true).compactMap { $0[key]?.string })
            if isComplete(keys) || ContinuousClock.now > deadline { return (isAnnounced, keys) }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension JSONTree {
    /// This object with a member that is a text changed; itself if there is none.
    fileprivate func replacing(_ name: String, _ change: (String) -> String) -> JSONTree {
        replacingMember(name) { $0.string.map { .string(change($0)) } ?? $0 }
    }

    fileprivate func replacingMember(_ name: String, _ change: (JSONTree) -> JSONTree) -> JSONTree {
        guard let members else { return self }
        return .object(members.map { $0.name == name ? Member(name, change($0.value)) : $0 })
    }

    fileprivate func without(_ name: String) -> JSONTree {
        guard let members else { return self }
        return .object(members.filter { $0.name != name })
    }
}
