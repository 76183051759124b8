import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization
import TestSupport

@testable import Gateway

/// A way to a client that keeps what is pushed.
final class RecordingChannel: FrontChannel {
    private let state = Mutex<(messages: [JSONTree], isClosed: Bool)>(([], false))

    var messages: [JSONTree] { state.withLock { $0.messages } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    @discardableResult
    func push(_ message: [UInt8]) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            do throws(JSONTree.SyntaxError) {
                state.messages.append(try JSONTree(parsing: message))
            } catch {
                state.messages.append(.string("no JSON: \(error)"))
            }
            return true
        }
    }

    func room() async {}
    func close() { state.withLock { $0.isClosed = true } }
}

/// A reply that keeps what is said.
final class RecordingReply: Reply {
    private let recorder = RecordingChannel()
    /// Holds whoever waits for room, until it is opened.
    let gate = Observed(true)

    var messages: [JSONTree] { recorder.messages }
    var loop: EventLoop? { nil }
    var takesMessages: Bool { true }
    var channel: any FrontChannel { recorder }

    func push(_ message: [UInt8]) { recorder.push(message) }
    func room() async { await gate.waitUntilTrue() }
    func waitLong() {}
    func send(_ message: [UInt8], as status: HTTPStatus) async { recorder.push(message) }
    func endWithoutAnswer() async { recorder.close() }
    func pass(_ stream: any OutcomeStream) async -> String? { nil }
}

extension Observed<Bool> {
    func waitUntilTrue() async {
        do {
            try await wait(for: "the gate") { $0 ? () : nil }
        } catch {
            // The test that holds the gate has failed already.
        }
    }
}
