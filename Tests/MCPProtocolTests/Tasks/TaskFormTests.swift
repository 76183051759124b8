import TestSupport
import Testing

@testable import MCPProtocol

@Suite("tasks of 2025-11-25 and of the extension")
struct TaskFormTests {
    static let dates = #""createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:01Z""#
    static let related = #""io.modelcontextprotocol/related-task":{"taskId":"t"}"#
    static let serverInfo = #""io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}"#

    static func core(_ status: String, _ rest: String = #""ttl":6e4,"pollInterval":5"#) -> String {
        #"{"taskId":"t", "status":"\#(status)",\#(dates),\#(rest)}"#
    }

    static func flat(_ status: String, _ rest: String = "") -> String {
        #"{"taskId":"t", "status":"\#(status)",\#(dates),"ttlMs":60000,"pollIntervalMs":5\#(rest)}"#
    }

    private func expectValid(_ value: RawJSON, as definition: String, in document: String) throws {
        let schema = try SchemaDocument.named(document)
        #expect(schema.problems(in: try JSONTree(parsing: Array(value.bytes)), as: definition) == [])
    }

    private func detailed(_ task: String, _ detail: DetailedTask.Detail) throws -> DetailedTask {
        try DetailedTask(coreTask: RawJSON(validating: task), detail: detail)
    }

    static let text = #"{"content":[{"type":"text","text":"\u0061"}]}"#

    static let failure =
        #"{"content":[],"isError":true}"#

    @Test(
        "what came of a task decides its status in the extension",
        arguments: [
            ("working", nil, "working", ""), ("completed", nil, "working", ""), ("input_required", nil, "working", ""),
            ("cancelled", nil, "cancelled", ""), ("cancelled", text, "cancelled", ""),
            (
                "completed", text, "completed",
                #","result":{"content":[{"type":"text","text":"\u0061"}],"resultType":"complete"}"#
            ),
            ("failed", failure, "completed", #","result":{"content":[],"isError":true,"resultType":"complete"}"#),
            ("failed", nil, "failed", #","error":{"code":-32603,"message":"the task has failed"}"#),
        ] as [(String, String?, String, String)])
    func up(status: String, result: String?, expected: String, rest: String) throws {
        let detail = try result.map { DetailedTask.Detail.result(try RawJSON(validating: $0)) } ?? .none
        let task = try detailed(Self.core(status), detail)
        #expect(task.extensionTask.text == Self.flat(expected, rest))
        #expect(task.id == "t" && task.pollIntervalMilliseconds == 5)
        let got = task.extensionTask.completeResult(serverInfo: Array(ModernResultTests.info.utf8))
        try expectValid(got, as: "GetTaskResult", in: "ext-tasks")
        try expectValid(task.extensionTask, as: "TaskStatusNotificationParams", in: "ext-tasks")
        let again = try DetailedTask(extensionTask: got)
        #expect(again.status == task.status)
        #expect(again.extensionTask.member("result") == task.extensionTask.member("result"))
    }

    @Test("an error is a failure, whatever was said before")
    func errors() throws {
        let error = JSONRPCError(code: -32000, message: "m", data: try RawJSON(validating: #"{"k":1.0}"#))
        for status in ["working", "completed", "failed", "input_required"] {
            let task = try detailed(Self.core(status), .error(error))
            #expect(
                task.extensionTask.text
                    == Self.flat("failed", #","error":{"code":-32000,"message":"m","data":{"k":1.0}}"#))
            try expectValid(task.extensionTask, as: "FailedTask", in: "ext-tasks")
            #expect(try DetailedTask(extensionTask: task.extensionTask).detail == .error(error))
        }
        let told = try detailed(Self.core("failed", #""ttl":null,"statusMessage":"no disk""#), .none)
        #expect(told.detail == .error(JSONRPCError(code: -32603, message: "no disk")))
    }

    @Test("questions stand in a task that waits for their answers")
    func questions() throws {
        let form = try RawJSON(
            validating: #"{"message":"m","requestedSchema":{"type":"object","properties":{}}}"#)
        let questions = [
            InputRequired.Question(key: "q1", method: "elicitation/create", params: form),
            InputRequired.Question(key: "q2", method: "roots/list", params: nil),
        ]
        let task = try detailed(Self.core("input_required"), .questions(questions))
        try expectValid(task.extensionTask, as: "InputRequiredTask", in: "ext-tasks")
        let again = try DetailedTask(extensionTask: task.extensionTask)
        #expect(again.detail == .questions(questions) && again.status == .inputRequired)
        #expect(again.coreTask.text == Self.core("input_required", #""ttl":60000,"pollInterval":5"#))
        #expect(try detailed(Self.core("input_required"), .questions([])).status == .working)
    }

    @Test(
        "a tool that failed has made its task fail in 2025-11-25",
        arguments: [
            ("working", "", "working"), ("cancelled", "", "cancelled"),
            ("completed", #","result":{"content":[]}"#, "completed"),
            ("completed", #","result":{"content":[],"isError":true}"#, "failed"),
            ("failed", #","error":{"code":1,"message":"m"}"#, "failed"),
            ("input_required", #","inputRequests":{}"#, "input_required"),
        ])
    func down(status: String, rest: String, expected: String) throws {
        for resultType in ["complete", "task"] {
            let given = try RawJSON(
                validating: Self.flat(
                    status, #"\#(rest),"resultType":"\#(resultType)","_meta":{\#(Self.serverInfo)},"requestState":"s""#)
            )
            let task = try DetailedTask(extensionTask: given)
            #expect(task.coreTask.text == Self.core(expected, #""ttl":60000,"pollInterval":5"#))
            try expectValid(task.coreTask, as: "Task", in: "2025-11-25")
            try expectValid(task.coreTask, as: "TaskStatusNotificationParams", in: "2025-11-25")
            #expect(task.extensionTask.member("resultType") == nil && task.extensionTask.member("requestState") == nil)
        }
    }

    @Test("the result of a call that became a task is nested in one and flat in the other")
    func creation() throws {
        let core = try RawJSON(
            validating:
                #"{"task":\#(Self.core("working")),"_meta":{\#(Self.related),"io.modelcontextprotocol/model-immediate-response":"x","k":1.0}}"#
        )
        let flat = core.extensionCreateResult
        #expect(flat.text == Self.flat("working", #","resultType":"task","_meta":{"k":1.0}"#))
        try expectValid(flat, as: "CreateTaskResult", in: "ext-tasks")
        #expect(flat.isExtensionTask && !core.isExtensionTask)
        let nested = flat.coreCreateResult
        #expect(
            nested.text
                == #"{"task":\#(Self.core("working", #""ttl":60000,"pollInterval":5"#)),"_meta":{"k":1.0}}"#)
        try expectValid(nested, as: "CreateTaskResult", in: "2025-11-25")
        let odd = try RawJSON(
            validating: #"{"resultType":"task","task":\#(Self.flat("working")),"_meta":{\#(Self.serverInfo)}}"#)
        #expect(odd.coreCreateResult.text == #"{"task":\#(Self.core("working", #""ttl":60000,"pollInterval":5"#))}"#)
        #expect(try DetailedTask(extensionTask: odd).id == "t")
        #expect(RawJSON.emptyObject.extensionCreateResult == .emptyObject)
    }

    @Test(
        "lifetimes are whole milliseconds, or null for no end",
        arguments: [
            (#""ttl":null"#, #""ttlMs":null"#), (#""x":1"#, #""x":1,"ttlMs":null"#),
            (#""ttl":1.2,"pollInterval":0.1"#, #""ttlMs":2,"pollIntervalMs":1"#),
            (#""ttl":"long","pollInterval":null"#, #""ttlMs":null"#), (#""ttl":1e300"#, #""ttlMs":null"#),
            (#""ttl":-1.5"#, #""ttlMs":-1"#),
        ])
    func lifetimes(given: String, expected: String) throws {
        let task = try detailed(Self.core("working", given), .none)
        #expect(task.extensionTask.text == Self.core("working", expected))
        try expectValid(task.extensionTask, as: "WorkingTask", in: "ext-tasks")
    }

    @Test(
        "a task that cannot be one is named",
        arguments: [
            (#"{"status":"working"}"#, "taskId must be a string"),
            (#"{"taskId":"t","status":"done"}"#, "status must be a status of a task"),
            ("[]", "taskId must be a string"),
            (#"{"taskId":"t","status":"completed"}"#, "result must be an object, for the task is completed"),
            (#"{"taskId":"t","status":"failed","error":{}}"#, "error must be an error, for the task has failed"),
            (#"{"taskId":"t","status":"input_required","inputRequests":[]}"#, "inputRequests must be an object"),
        ])
    func refused(text: String, fact: String) throws {
        let value = try RawJSON(validating: text)
        #expect {
            try DetailedTask(extensionTask: value)
        } throws: { error in
            "\(error)" == fact
        }
    }

    @Test("any task becomes JSON or a refusal", arguments: 0..<8)
    func mutated(seed: UInt64) throws {
        let corpus = [
            Self.core("working"), Self.flat("completed", #","result":\#(Self.failure),"resultType":"complete""#),
            #"{"task":\#(Self.core("failed")),"_meta":{\#(Self.related)}}"#,
            Self.flat("input_required", #","inputRequests":{"a":{"method":"roots/list"}}"#),
        ]
        var mutator = Mutator(seed: seed, corpus: corpus.map { Array($0.utf8) })
        for _ in 0..<300 {
            guard let value = try? RawJSON(validating: mutator.next()) else { continue }
            var made = [value.extensionCreateResult]
            if value.kind == .object { made.append(value.coreCreateResult) }
            for detail in [DetailedTask.Detail.none, .questions([]), .result(value)] {
                guard let task = try? DetailedTask(coreTask: value, detail: detail) else { continue }
                made += [task.coreTask, task.extensionTask]
            }
            if let task = try? DetailedTask(extensionTask: value) {
                made += [task.coreTask, task.extensionTask]
                #expect(try DetailedTask(extensionTask: task.extensionTask).status == task.status)
            }
            for value in made { #expect(try RawJSON(validating: Array(value.bytes)) == value) }
        }
    }
}
