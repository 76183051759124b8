import TestSupport

/// What one request came to, over all its rounds.
struct ClientAnswer: Sendable {
    /// Of the first round.
    let id: JSONTree
    /// The last response; `nil` when there is none and will be none.
    let response: JSONTree?
    /// All notifications that came to the client before the response.
    let before: ArraySlice<JSONTree>
    /// How many results have asked instead of answering.
    var rounds = 0
    /// HTTP: of the last response, where it is known.
    var status: Int?

    var result: JSONTree? { response?["result"] }
    var error: JSONTree? { response?["error"] }
    /// Of a tool's first content.
    var text: String? { result?["content"]?[0]?["text"]?.string }
}

/// A client of either era, as far as a feature is used in the same way in both: it answers whatever it is asked, keeps what
/// it is told, and checks every message against the schema of its revision.
protocol ProtocolClient: Sendable {
    var name: String { get }
    var messages: MessageLog { get }
    /// How many notifications have come: a place to look from later.
    var toldCount: Int { get }

    /// Sends a request.
    ///
    /// - Returns: its id.
    func begin(_ method: String, _ params: JSONTree?) async throws -> JSONTree

    /// Waits for what a request comes to.
    func answer(to id: JSONTree) async throws -> ClientAnswer

    /// Takes a request back.
    func cancel(_ id: JSONTree) async throws

    /// Waits until it is certain that a request that was taken back will not be answered.
    func waitForSilence(after id: JSONTree) async throws -> Bool

    /// Waits for notifications that came at or after a place.
    func told(
        _ what: String, since place: Int, count: Int, where match: @escaping @Sendable (JSONTree) -> Bool
    ) async throws -> [JSONTree]

    /// What the client was asked, so far, and `match` accepts.
    func asked(where match: (JSONTree) -> Bool) -> [JSONTree]

    /// From now on, log messages of this level and above are wanted.
    func setLogLevel(_ level: String) async throws

    /// Wants to be told of changes of all lists from now on.
    func listenToLists() async throws

    /// Wants to be told of updates of a resource.
    ///
    /// - Returns: what to give to ``unsubscribe(_:)``.
    func subscribe(_ uri: JSONTree) async throws -> JSONTree
    func unsubscribe(_ subscription: JSONTree) async throws

    /// Everything that was wrong so far.
    func problems() async -> [String]

    func close() async throws
}

extension ProtocolClient {
    /// Sends a request, answers what it asks, and waits for what it comes to.
    func request(_ method: String, _ params: JSONTree? = nil) async throws -> ClientAnswer {
        try await answer(to: begin(method, params))
    }

    func told(
        _ what: String, since place: Int = 0, where match: @escaping @Sendable (JSONTree) -> Bool
    ) async throws -> [JSONTree] {
        try await told(what, since: place, count: 1, where: match)
    }

    /// All pages of a list.
    ///
    /// - Parameter beginsAnew: whether to begin anew when a cursor has expired, as clients have to when lists change often.
    func list(_ method: String, _ member: String, beginsAnew: Bool = false) async throws -> [JSONTree] {
        var items: [JSONTree] = []
        var cursor: JSONTree?
        while true {
            let answer = try await request(method, cursor.map { ["cursor": $0] })
            if beginsAnew, cursor != nil, answer.error?["code"] == -32602 {
                (items, cursor) = ([], nil)
                continue
            }
            guard let result = answer.result, let page = result[member]?.elements else {
                throw WireFailure("\(name): \(method) got \(answer.response?.description ?? "nothing")")
            }
            items += page
            guard let next = result["nextCursor"] else { return items }
            cursor = next
        }
    }
}
