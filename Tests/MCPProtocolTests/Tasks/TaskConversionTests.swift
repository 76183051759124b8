import TestSupport
import Testing

@testable import MCPProtocol

@Suite("Tasks of the core and of the extension")
struct TaskConversionTests {
    static let core = TaskDescription(
        id: "t\"", status: .working, statusMessage: "step 1", createdAt: "2026-01-01T00:00:00Z",
        lastUpdatedAt: "2026-01-01T00:00:01Z", ttl: 60_000, pollInterval: 500)
    static let question = InputRequired.Question(
        key: "q1", method: "elicitation/create",
        params: RawJSON(
            unchecked: Array(
                #"{"mode":"form","message":"m","requestedSchema":{"type":"object","properties":{}}}"#.utf8)[...]))
    static let result = RawJSON(unchecked: Array(#"{"resultType":"complete","content":[]}"#.utf8)[...])
    static let failure = RawJSON(unchecked: Array(#"{"content":[],"isError":true}"#.utf8)[...])
    static let error = JSONRPCError(code: -32603, message: "broke")

    private func problems(_ bytes: [UInt8], _ definition: String, in schema: String = "ext-tasks") throws -> [String] {
        try SchemaDocument.named(schema).problems(in: JSONTree(parsing: bytes), as: definition)
    }

    @Test(
        "the same facts are written and read in either form", arguments: [nil, 60_000] as [Int64?],
        [nil, 500] as [Int64?])
    func forms(ttl: Int64?, pollInterval: Int64?) throws {
        var task = Self.core
        task.ttl = ttl
        task.pollInterval = pollInterval
        for status in TaskStatus.allCases {
            task.status = status
            #expect(try TaskDescription(core: RawJSON(validating: task.encodeCore())) == task)
            #expect(try TaskDescription(core: RawJSON(validating: task.encodeCoreCreation())) == task)
            #expect(try TaskDescription(extension: RawJSON(validating: task.encodeCreation())) == task)
            #expect(try problems(task.encodeCore(), "GetTaskResult", in: "2025-11-25") == [])
            #expect(try problems(task.encodeCore(), "TaskStatusNotificationParams", in: "2025-11-25") == [])
            #expect(try problems(task.encodeCoreCreation(), "CreateTaskResult", in: "2025-11-25") == [])
            #expect(try problems(task.encodeCreation(), "CreateTaskResult") == [])
        }
    }

    @Test("numbers of milliseconds are whole ones, and a nested task of the extension is read")
    func reading() throws {
        let text =
            #"{"task":{"taskId":"t","status":"working","createdAt":"c","lastUpdatedAt":"l","ttlMs":6e4,"pollIntervalMs":0.2}}"#
        let task = try TaskDescription(extension: RawJSON(validating: text))
        #expect(task.ttl == 60_000)
        #expect(task.pollInterval == 1)
        #expect(try DetailedTask(RawJSON(validating: text)).task == task)
    }

    @Test(
        "what cannot be used is named",
        arguments: [
            (#"{"status":"working","createdAt":"c","lastUpdatedAt":"l"}"#, "task.taskId"),
            (#"{"taskId":"t","status":"new","createdAt":"c","lastUpdatedAt":"l"}"#, "task.status"),
            (#"{"taskId":"t","status":"working","lastUpdatedAt":"l"}"#, "task.createdAt"),
            (#"{"taskId":"t","status":"working","createdAt":"c","lastUpdatedAt":7}"#, "task.lastUpdatedAt"),
            (#"{"taskId":"t","status":"working","createdAt":"c","lastUpdatedAt":"l","ttlMs":-1}"#, "task.ttlMs"),
            (#"{"taskId":"t","status":"working","createdAt":"c","lastUpdatedAt":"l","ttlMs":1e300}"#, "task.ttlMs"),
            (#"{"taskId":"t","status":"completed","createdAt":"c","lastUpdatedAt":"l"}"#, "task.result"),
            (#"{"taskId":"t","status":"failed","createdAt":"c","lastUpdatedAt":"l","error":{}}"#, "task.error"),
            (
                #"{"taskId":"t","status":"input_required","createdAt":"c","lastUpdatedAt":"l","inputRequests":{"a":{}}}"#,
                "task.inputRequests"
            ),
            ("[]", "task.taskId"),
        ])
    func refused(text: String, path: String) throws {
        let value = try RawJSON(validating: text)
        let error = #expect(throws: MessageError.self) { try DetailedTask(value) }
        #expect(error?.description.hasPrefix(path) == true, "\(String(describing: error))")
    }

    @Test(
        "how a task of the core ended becomes how one of the extension did",
        arguments: [
            (.completed, .result(result), .completed), (.failed, .result(failure), .completed),
            (.failed, .error(error), .failed), (.completed, .error(error), .failed), (.cancelled, nil, .cancelled),
            (.cancelled, .error(error), .cancelled), (.working, nil, .working), (.inputRequired, nil, .working),
        ] as [(TaskStatus, JSONRPCResponse.Outcome?, TaskStatus)])
    func ends(status: TaskStatus, outcome: JSONRPCResponse.Outcome?, expected: TaskStatus) throws {
        var task = Self.core
        task.status = status
        let detailed = DetailedTask(core: task, questions: [], outcome: outcome)
        #expect(detailed.task.status == expected)
        #expect(try problems(detailed.encodeResult(serverInfo: Array(#"{"name":"n","version":"1"}"#.utf8)), "GetTaskResult") == [])
        #expect(try problems(detailed.encodeParams(), "DetailedTask") == [])
        #expect(try DetailedTask(RawJSON(validating: detailed.encodeParams())) == detailed)
        #expect(detailed.core.status == (outcome == .result(Self.failure) ? .failed : expected))
        #expect(detailed.identified(as: "own").core.id == "own")
    }

    @Test("what is asked is told with its keys, and makes the task wait")
    func asking() throws {
        let detailed = DetailedTask(core: Self.core, questions: [Self.question], outcome: nil)
        #expect(detailed.task.status == .inputRequired)
        #expect(detailed.core.status == .inputRequired)
        let encoded = detailed.encodeParams()
        #expect(try problems(encoded, "DetailedTask") == [])
        #expect(try DetailedTask(RawJSON(validating: encoded)) == detailed)
        #expect(detailed.asking([]).task.status == .working)
        #expect(detailed.failed(Self.error).detail == .error(Self.error))
    }

    @Test("a life is no longer than what is allowed", arguments: [(nil, 5), (3, 3), (9, 5)] as [(Int64?, Int64)])
    func limits(ttl: Int64?, expected: Int64) {
        var task = Self.core
        task.ttl = ttl
        #expect(DetailedTask(core: task, questions: [], outcome: nil).limited(toTTL: 5).task.ttl == expected)
    }

    @Test("the extension is declared and asked for")
    func declaration() throws {
        let declared = TasksExtension.declared(in: try RawJSON(validating: #"{"roots":{}}"#))
        #expect(declared.text == #"{"roots":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}"#)
        #expect(TasksExtension.isDeclared(in: declared))
        #expect(!TasksExtension.isDeclared(in: .emptyObject))
        #expect(!TasksExtension.isDeclared(in: nil))
        let data = RawJSON.emptyObject.replacing([
            (["requiredCapabilities"], Array(TasksExtension.capability.bytes))
        ])
        let code = ErrorCode.missingRequiredClientCapability
        #expect(TasksExtension.isRequired(by: JSONRPCError(code: code, message: "", data: data)))
        #expect(!TasksExtension.isRequired(by: JSONRPCError(code: code, message: "")))
        #expect(!TasksExtension.isRequired(by: JSONRPCError(code: -32603, message: "", data: data)))
    }

    @Test("whatever is said of tasks becomes a task or a refusal", arguments: 0..<6)
    func mutated(seed: UInt64) throws {
        let tasks = [
            DetailedTask(core: Self.core, questions: [Self.question], outcome: nil).encodeParams(),
            DetailedTask(core: Self.core, questions: [], outcome: nil).failed(Self.error).encodeParams(),
            Self.core.encodeCore(), Self.core.encodeCoreCreation(), Self.core.encodeCreation(),
        ]
        var mutator = Mutator(seed: seed, corpus: tasks)
        for _ in 0..<300 {
            guard let value = try? RawJSON(validating: mutator.next()) else { continue }
            if let task = try? DetailedTask(value) {
                #expect(try DetailedTask(RawJSON(validating: task.encodeParams())) == task)
                _ = try RawJSON(validating: task.encodeResult(serverInfo: Array("{}".utf8)))
            }
            if let task = try? TaskDescription(core: value) {
                #expect(try TaskDescription(core: RawJSON(validating: task.encodeCore())) == task)
            }
        }
    }
}
