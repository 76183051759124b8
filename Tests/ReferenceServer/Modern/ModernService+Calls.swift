import MCPProtocol

/// Calls of tools.
extension ModernService {
    func call(_ exchange: ModernExchange) throws(ModernRefusal) -> Reception {
        let (named, arguments, meta) = (exchange.params ?? .emptyObject).members("name", "arguments", "_meta")
        guard let name = named?.stringValue else {
            throw .invalidParams("params.name must be a string")
        }
        guard let tool = server.catalogue.tool(named: name, for: Self.revision) else {
            throw .invalidParams("tool \"\(name)\" is unknown")
        }
        if let headers = exchange.caller.headers {
            try HeaderRules(headers: headers).checkArguments(arguments, of: tool)
        }
        if let arguments, arguments.kind != .object { throw .invalidParams("params.arguments must be an object") }
        if let bytes = server.takeLongLine() { _ = exchange.sink.misbehave(.garbage([], fillerBytes: bytes)) }

        let trips = try roundTrips(exchange)
        let client = ModernCallClient(service: self, exchange: exchange, trips: trips)
        if try becomesTask(tool, exchange) {
            return .answer(try callAsTask(tool, exchange, client, trips, arguments: arguments))
        }
        let call = Call(
            server: server, client: client, arguments: ToolArguments(object: arguments), meta: meta)
        let latency = server.options.latency
        if case .immediate(let body) = tool.body, latency == .zero {
            do throws(ToolFailure) {
                return .answer(complete(exchange.id, try body(call)))
            } catch {
                return answer(exchange, error, asked: trips).map(Reception.answer) ?? .accepted
            }
        }
        return start(exchange) { [self] () async throws(ToolFailure) in
            do throws(ToolFailure) {
                try await call.sleep(for: latency)
                switch tool.body {
                case .immediate(let body): return complete(exchange.id, try body(call))
                case .suspending(let body): return complete(exchange.id, try await body(call))
                }
            } catch {
                guard let answer = answer(exchange, error, asked: trips) else { throw error }
                return answer
            }
        }
    }
}
