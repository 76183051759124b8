import MCPProtocol
import TestSupport
import Testing

@Suite("Tasks in messages of 2025-11-25")
struct TaskMessageTests {
    static let task =
        #"{ "taskId":"*","status":"working","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":6e4}"#

    @Test(
        "ids are read and replaced at their places, and every other byte stays",
        arguments: [
            (.createResult, #"{"task":\#(task),"taskId":"t","_meta":{"k":1.0}}"#, 1, "CreateTaskResult"),
            (.task, task, 1, "GetTaskResult"), (.task, task, 1, "TaskStatusNotificationParams"),
            (.list, #"{"tasks":[\#(task) ,\#(task)],"nextCursor":""}"#, 2, "ListTasksResult"),
            (.list, #"{"tasks":[]}"#, 0, "ListTasksResult"), (.list, #"{"tasks":7}"#, 0, nil), (.task, "[]", 0, nil),
            (.createResult, #"{"task":{"taskId":1}}"#, 0, nil),
        ] as [(TaskReference, String, Int, String?)])
    func references(place: TaskReference, template: String, count: Int, definition: String?) throws {
        let given = try RawJSON(validating: template.replacing("*", with: "\\u0074"))
        #expect(given.taskIDs(in: place) == [String](repeating: "t", count: count))
        let mapped = given.mappingTaskIDs(in: place) { "g-\($0)" }
        #expect(mapped.text == template.replacing("*", with: "g-t"))
        #expect(given.mappingTaskIDs(in: place) { _ in nil } == given)
        guard let definition else { return }
        let schema = try SchemaDocument.named("2025-11-25")
        #expect(schema.problems(in: try JSONTree(parsing: Array(mapped.bytes)), as: definition) == [])
    }

    @Test("the task a message belongs to is read, set and removed")
    func related() throws {
        let key = #""io.modelcontextprotocol/related-task""#
        let result = try RawJSON(validating: #"{"content":[],"_meta":{\#(key):{"taskId":"a"},"k":1.0}}"#)
        #expect(RelatedTask.id(in: result) == "a")
        #expect(RelatedTask.id(in: nil) == nil)
        #expect(result.relatedTask("b").text == #"{"content":[],"_meta":{\#(key):{"taskId":"b"},"k":1.0}}"#)
        #expect(result.relatedTask(nil).text == #"{"content":[],"_meta":{"k":1.0}}"#)
        let bare = try RawJSON(validating: #"{"x":1}"#)
        #expect(bare.relatedTask(nil) == bare)
        #expect(bare.relatedTask("\"").text == #"{"x":1,"_meta":{\#(key):{"taskId":"\""}}}"#)
    }

    @Test("a call can be made to ask for a task")
    func adding() throws {
        let params = try RawJSON(validating: #"{"name":"t","arguments":{"n":1.0}}"#)
        #expect(params.addingTask(ttl: 5).text == #"{"name":"t","arguments":{"n":1.0},"task":{"ttl":5}}"#)
        #expect(params.addingTask(ttl: 5).addingTask(ttl: nil).text == #"{"name":"t","arguments":{"n":1.0},"task":{}}"#)
    }

    @Test(
        "a tool says whether it runs as a task",
        arguments: [
            (#"{"execution":{"taskSupport":"required"}}"#, .required),
            (#"{"execution":{"taskSupport":"optional"}}"#, .optional),
            (#"{"execution":{"taskSupport":"forbidden"}}"#, .forbidden), (#"{"execution":{}}"#, .forbidden),
            (#"{"execution":{"taskSupport":"new"}}"#, .forbidden), ("{}", .forbidden), ("[]", .forbidden),
        ] as [(String, TaskSupport)])
    func support(tool: String, expected: TaskSupport) throws {
        #expect(TaskSupport(ofTool: try RawJSON(validating: tool)) == expected)
    }

    @Test("three states are the last ones")
    func status() {
        #expect(TaskStatus.allCases.filter(\.isTerminal) == [.completed, .failed, .cancelled])
        #expect(TaskStatus(rawValue: "input_required") == .inputRequired)
    }
}
