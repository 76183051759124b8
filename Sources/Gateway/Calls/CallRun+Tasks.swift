import AsyncIO
import MCPClient
import MCPProtocol

/// The task that a call becomes at a server of 2025-11-25 whose client knows none.
extension CallRun {
    /// How long a server may take to say how far a task is.
    private static let taskPatience = Duration.seconds(10)

    /// Waits for the result of the task (MCP 2025-11-25, Tasks, "Result Retrieval").
    func awaitTask(_ id: String, in session: UpstreamSession) async throws(UpstreamFailure) {
        ownTask = id
        let connection = session.connection
        do throws(MCPClientError) {
            let exchange = try await connection.begin(
                id: connection.makeRequestID(), method: "tasks/result", params: RawJSON.taskParams(id),
                on: loop)
            state = .running(exchange, session)
        } catch {
            throw UpstreamFailure(server: current.server, error)
        }
    }

    /// The server has been silent for long, which is no wonder while it works on a task: it is asked whether it does.
    ///
    /// - Returns: whether it said so.
    func hasSignOfTask(in session: UpstreamSession) async -> Bool {
        guard let ownTask else { return false }
        do throws(MCPClientError) {
            let response = try await session.connection.request(
                "tasks/get", params: RawJSON.taskParams(ownTask), until: .now + Self.taskPatience, on: loop)
            guard case .result(let task) = response.outcome else { return false }
            return !TaskRegistry.hasEnded(task)
        } catch {
            return false  // The call is about to be given up: why the question failed adds nothing.
        }
    }
}
