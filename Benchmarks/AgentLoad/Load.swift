import AsyncIO
import Synchronization

/// All users together.
final class Load: Sendable {
    private let options: LoadOptions
    private let loops: EventLoopGroup
    private let clients: HTTPClientGroup
    /// Requests that somebody has taken on.
    private let taken = Atomic<Int>(0)

    init(_ options: LoadOptions) throws {
        self.options = options
        loops = try EventLoopGroup(count: options.loops)
        var clientOptions = HTTPClientOptions()
        clientOptions.maxTransfers = options.users + 1
        clientOptions.maxIdleConnections = options.users
        clients = try HTTPClientGroup(loops: loops.loops, options: clientOptions)
    }

    /// Ends when the last answer has.
    func run() async -> Measurements {
        let began = MonotonicInstant.now
        var all = Measurements()
        await withTaskGroup(of: Measurements.self) { group in
            for _ in 0..<options.users {
                let loop = loops.next()
                group.addTask(executorPreference: loop) { await self.use(loop) }
            }
            for await one in group { all.add(one) }
        }
        all.seconds = (MonotonicInstant.now - began).inSeconds
        return all
    }

    /// One user.
    private func use(_ loop: EventLoop) async -> Measurements {
        var own = Measurements()
        while taken.wrappingAdd(1, ordering: .relaxed).oldValue < options.requests {
            do throws(LoadFailure) {
                try await ask(on: loop, &own)
            } catch {
                own.fail(error.description)
            }
        }
        return own
    }

    private func ask(on loop: EventLoop, _ own: inout Measurements) async throws(LoadFailure) {
        let began = MonotonicInstant.now
        let deadline = began + options.timeout
        var reader = AnswerReader()
        do throws(HTTPClientError) {
            let response = try await clients.client(for: loop).send(
                HTTPClientRequest(
                    method: "POST", url: options.url, headers: [("Content-Type", "application/json")],
                    body: options.body[...]),
                deadline: deadline)
            if response.status != 200 {
                let body = try await response.readAll(upTo: 1 << 20, until: deadline)
                reader.refuse(response.status, body)
            }
            while let chunk = try await response.nextChunk(until: deadline) { reader.read(chunk, at: .now) }
        } catch {
            throw LoadFailure(error.label)
        }
        try reader.finish()
        own.add(reader, began: began, ended: .now)
    }
}

/// Why an answer does not count.
struct LoadFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Duration {
    var inSeconds: Double { Double(clampedNanoseconds) / 1e9 }
}
