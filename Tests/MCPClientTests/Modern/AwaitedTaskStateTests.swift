import MCPProtocol
import Testing

@testable import MCPClient

@Suite("Tasks that are waited for")
struct AwaitedTaskStateTests {
    private func question(_ key: String) -> InputRequired.Question {
        InputRequired.Question(key: key, method: "elicitation/create", params: nil)
    }

    private func value(_ text: String) throws -> RawJSON { try RawJSON(validating: text) }

    @Test(
        "the server says how often it may be asked",
        arguments: [(nil, .seconds(1)), (0, .milliseconds(20)), (5, .milliseconds(20)), (700, .milliseconds(700))]
            as [(Int64?, Duration)])
    func pause(pollInterval: Int64?, expected: Duration) throws {
        var task = AwaitedTask(id: "t", isOwn: true, pollInterval: pollInterval)
        #expect(task.pause == expected)
        task.note(
            TaskDescription(
                id: "t", status: .working, createdAt: "c", lastUpdatedAt: "l", ttl: nil, pollInterval: 3000))
        #expect(task.pause == .seconds(3))
    }

    @Test("a question is asked once for as long as the task lives, and its answer told once")
    func questions() throws {
        var task = AwaitedTask(id: "t\"", isOwn: false)
        let asked = [question("a"), question("b")]
        #expect(task.news(of: asked) == asked)
        for (number, question) in asked.enumerated() { task.ask(question, as: .integer(Int64(number))) }
        #expect(task.news(of: asked).isEmpty)
        #expect(Set(task.openQuestions) == [0, 1])
        let found = task.close(1)
        let closed = try #require(found)
        #expect(closed.key == "b")
        #expect(task.close(1) == nil)
        #expect(!task.hasAnswers)
        task.take(try value(#"{"action":"accept"}"#), to: closed)
        #expect(task.hasAnswers)
        #expect(
            task.takeUpdate().text == #"{"taskId":"t\"","inputResponses":{"b":{"action":"accept"}}}"#)
        #expect(!task.hasAnswers)
        #expect(task.news(of: [question("b"), question("c")]).map(\.key) == ["c"])
    }

    @Test("what the server no longer asks is withdrawn")
    func withdrawal() {
        var task = AwaitedTask(id: "t", isOwn: true)
        task.ask(question("a"), as: 1)
        task.ask(question("b"), as: 2)
        #expect(task.withdraw(allBut: [question("b")]) == [1])
        #expect(task.openQuestions == [2])
        #expect(task.withdraw(allBut: []) == [2])
    }
}
