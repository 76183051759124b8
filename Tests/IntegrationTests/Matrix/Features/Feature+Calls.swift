import TestSupport

extension Feature {
    /// What happens while a call is in progress.
    static let calls = [
        Feature("progress") { cell in
            let token: JSONTree = .string(cell.tag("progress"))
            let answer = try await cell.call("test_tool_with_progress", meta: ["progressToken": token])
            try cell.expect(
                answer.result?["content"]?[0]?["text"], means: "The tool has reported its progress", "the answer")
            let expected: [JSONTree] = [0, 50, 100].map { progress in
                var members: [JSONTree.Member] = [
                    .init("progressToken", token), .init("progress", .number("\(progress)")), .init("total", 100),
                ]
                if cell.common >= .v2025_03_26 {
                    members.append(.init("message", .string("\(progress) of 100 done")))
                }
                return .object(members)
            }
            // All of it before the answer.
            let found = answer.before.compactMap { told -> JSONTree? in
                guard told["method"] == "notifications/progress" else { return nil }
                return told["params"]?["progressToken"] == token ? told["params"] : nil
            }
            try cell.expect(.array(found), means: .array(expected), "the progress")
        },
        Feature("no progress without a token") { cell in
            let answer = try await cell.call("progress", ["steps": 2])
            try cell.expect(answer.result?["content"]?[0]?["text"], means: "2 steps done", "the answer")
        },
        Feature("cancellation") { cell in
            let before = try await cell.json(of: "received_cancellations").elements?.count ?? 0
            let id = try await cell.client.begin("tools/call", cell.callParams("hang"))
            try await cell.wait(for: "a running call", "inflight") { $0 == 1 }
            try await cell.client.cancel(id)
            try await cell.wait(for: "one more", "received_cancellations") { $0.elements?.count == before + 1 }
            try await cell.wait(for: "no running call", "inflight") { $0 == 0 }
            try cell.expect(try await cell.client.waitForSilence(after: id), "the cancelled call was answered")
        },
        Feature("_meta of a request") { cell in
            let meta: JSONTree = ["example.com/trace": ["id": "a/1", "sampled": .number("1.0")]]
            let answer = try await cell.call("request_info", meta: meta)
            let text = try cell.require(answer.result?["content"]?[0]?["text"]?.string, "got \(answer)")
            let seen = try JSONTree(parsing: Array(text.utf8))["meta"]
            try cell.expect(seen?["example.com/trace"] == meta["example.com/trace"], "the server saw \(text)")
        },
    ]
}
