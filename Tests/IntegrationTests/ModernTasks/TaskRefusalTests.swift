import Glibc
import TestSupport
import Testing

/// Requests about tasks that have to be refused, and tasks that get lost.
@Suite("Refusals about tasks")
struct TaskRefusalTests {
    @Test("ids nobody was given are unknown, and so are those of servers", arguments: TaskCase.all)
    func unknown(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let id = try await client.begin("slow_compute", ["seconds": 0])
                _ = try await client.wait(for: id, status: "completed")
                var guesses = ["", "1", String(id.dropLast()), id + "0", id.uppercased() + " ", "\u{e9}"]
                let native = try await gateway.text(calling: "greet")
                guesses.append(native)
                for guess in guesses {
                    for method in ["tasks/get", "tasks/cancel"] {
                        let answer = try await client.request(
                            method, ["taskId": .string(guess)], name: Self.headerText(guess))
                        #expect(answer.errorCode == -32602, "\(method) \(guess): \(answer.http)")
                        #expect(answer.http.status == 200)
                    }
                    let answer = try await client.request(
                        "tasks/update", ["taskId": .string(guess), "inputResponses": [:]], name: Self.headerText(guess))
                    #expect(answer.errorCode == -32602, "\(answer.http)")
                }
                #expect(try await client.request("tasks/get", ["taskId": 7], name: "7").errorCode == -32602)
                #expect(try await client.request("tasks/update", ["taskId": .string(id)]).errorCode == -32602)
            }
        }
    }

    /// As `Mcp-Name` has to say it.
    private static func headerText(_ text: String) -> String {
        switch text {
        case "\u{e9}": "=?base64?w6k=?="
        case _ where text.hasSuffix(" "): "=?base64?\(base64(text))?="
        default: text
        }
    }

    private static func base64(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bytes = Array(text.utf8)
        var output = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | UInt32($1) }
            bits <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                output.append(place <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * place)) & 63] : "=")
            }
        }
        return output
    }

    @Test("clients that did not declare the extension get no task and ask about none", arguments: TaskCase.all)
    func undeclared(at place: TaskCase) async throws {
        try await place.run { gateway in
            let id = try await TaskClient(gateway).begin("slow_compute", ["seconds": 60])
            try await TaskClient.with(gateway, capabilities: [:]) { client in
                for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
                    let answer = try await client.request(method, ["taskId": .string(id), "inputResponses": [:]])
                    #expect(answer.http.status == 400)
                    #expect(answer.errorCode == -32021, "\(answer.http)")
                    #expect(
                        answer.response?["error"]?["data"]?["requiredCapabilities"]
                            == ["extensions": TaskClient.tasks])
                }
                let refusal = try await client.listen([id]).refusal()
                #expect(refusal["error"]?["code"]?.int == -32021, "\(refusal)")
                let answer = try await client.call("slow_compute", ["seconds": 0])
                #expect(answer.resultType == "complete")
                #expect(answer.text?.hasPrefix("computed") == true)
            }
            _ = try await TaskClient(gateway).cancel(id)
        }
    }

    @Test("what the extension does not have is not found, and headers have to agree", arguments: TaskCase.all)
    func methods(at place: TaskCase) async throws {
        try await place.run { gateway in
            try await TaskClient.with(gateway) { client in
                let id = try await client.begin("slow_compute", ["seconds": 0])
                for method in ["tasks/result", "tasks/list"] {
                    let answer = try await client.request(method, ["taskId": .string(id)])
                    #expect(answer.http.status == 404)
                    #expect(answer.errorCode == -32601)
                }
                for name in ["other", ""] {
                    let answer = try await client.request("tasks/get", ["taskId": .string(id)], name: name)
                    #expect(answer.http.status == 400)
                    #expect(answer.errorCode == -32020)
                }
            }
        }
    }

    @Test("without a server that has tasks there is nothing to ask about")
    func none() async throws {
        let place = TaskCase(era: .legacy, transport: .stdio)
        try await place.run(["--revision", "2025-06-18"]) { gateway in
            try await TaskClient.with(gateway) { client in
                let found = try await client.request("server/discover")
                #expect(found.result?["capabilities"]?["extensions"]?["io.modelcontextprotocol/tasks"] == nil)
                let answer = try await client.get("x")
                #expect(answer.http.status == 404)
                #expect(answer.errorCode == -32601)
                #expect(try await client.call("slow_compute", ["seconds": 0]).resultType == "complete")
            }
        }
    }

    @Test("a task whose server has died has failed, or is unknown, and says so", arguments: TaskCase.Era.allCases)
    func death(era: TaskCase.Era) async throws {
        try await TaskCase(era: era, transport: .stdio).run { gateway in
            try await TaskClient.with(gateway, capabilities: ["extensions": TaskClient.tasks]) { client in
                let id = try await client.begin("slow_compute", ["seconds": 60])
                let child = try #require(try await gateway.json("/v1/servers/far")["pid"]?.int)
                kill(Int32(child), SIGKILL)
                let lost = try await gateway.wait(for: "loss of the task") {
                    let answer = try await client.get(id)
                    let isLost = answer.status == "failed" || answer.errorCode == -32602
                    return isLost ? answer : nil
                }
                if era == .legacy {
                    #expect(lost.result?["error"]?["message"]?.string?.contains("\"far\"") == true, "\(lost.http)")
                }
                #expect(try await client.cancel(id).response != nil)
                // The server is there again, and has tasks.
                try await gateway.waitForServer("far")
                let again = try await client.begin("slow_compute", ["seconds": 0])
                #expect(try await client.wait(for: again, status: "completed").taskText?.hasPrefix("computed") == true)
            }
        }
    }
}
