import MCPProtocol

enum ResourceCarrier: Sendable { case toolResult, promptResult, readResult }
extension RawJSON {
    func mappingURIs(in carrier: ResourceCarrier, _ map: (String) -> String?) -> RawJSON { self }
    func promptResult(for revision: ProtocolRevision) -> RawJSON { self }
    func progressParams(for revision: ProtocolRevision) -> RawJSON { self }
    func completionParams(for revision: ProtocolRevision) -> RawJSON { self }
    func relatedTask(_ id: String?) -> RawJSON { self }
    func naming(server: String) -> RawJSON { self }
}
enum RelatedTask { static func id(in value: RawJSON) -> String? { nil } }
enum TaskSupport { case forbidden, optional, required }
extension CatalogTool { var taskSupport: TaskSupport { .forbidden } }
enum TaskReference {
    static func created(by result: RawJSON) -> String? { nil }
    static func params(taskID: String) -> [UInt8] { [] }
    static func addingTask(to params: [UInt8]) -> [UInt8] { params }
    static func id(in params: RawJSON) -> String? { nil }
    static func hasEnded(_ task: RawJSON?) -> Bool { false }
    static func replacingID(in result: RawJSON, with id: String) -> RawJSON { result }
}
struct URLElicitationRequired { init?(_ error: JSONRPCError) { nil }; var toolResult: RawJSON { .emptyObject } }
enum QuestionForClient {
    static let elicitation = "elicitation/create";
    static func isValidAnswer(method: String, result: RawJSON) -> String? { nil }
}
struct AnswerConversion: Sendable { func convert(_ o: JSONRPCResponse.Outcome) -> JSONRPCResponse.Outcome { o } }
enum QuestionJudgement {
    case deliver(params: RawJSON?, answer: AnswerConversion), refuse(JSONRPCResponse.Outcome)
    static func judge(_ request: JSONRPCRequest, for capabilities: ClientCapabilities, revision: ProtocolRevision)
        -> QuestionJudgement
    { .deliver(params: request.params, answer: AnswerConversion()) }
}
