import MCPProtocol

/// Lists and calls of tools.
extension LegacySession {
    func list(
        _ kind: ListKind, _ request: JSONRPCRequest, _ revision: ProtocolRevision, _ sink: any MessageSink
    ) -> Reception {
        let answer: OutgoingMessage
        let cursor = request.params?.member("cursor")
        if server.options.refusedLists.contains(kind) {
            answer = Self.error(request.id, ErrorCode.internalError, "\(kind.method) is refused as asked")
        } else if let cursor, cursor.kind != .string {
            answer = Self.error(request.id, ErrorCode.invalidParams, "params.cursor must be a string")
        } else {
            do {
                let page = try page(of: kind, at: cursor?.stringValue, revision)
                answer = OutgoingMessage(JSONRPC.response(id: request.id, result: page))
            } catch {
                answer = Self.error(request.id, ErrorCode.invalidParams, "params.cursor is not one of this server")
            }
        }
        let delay = server.options.listDelay
        guard kind == .tools, delay > .zero else { return .answer(answer) }
        return start(request, sink) { () async throws(ToolFailure) in
            try await Self.sleep(for: delay)
            return answer
        }
    }

    private func page(
        of kind: ListKind, at cursor: String?, _ revision: ProtocolRevision
    ) throws(PageCutter.UnknownCursor) -> [UInt8] {
        switch kind {
        case .tools: try server.catalogue.page(at: cursor, for: revision)
        case .resources: try server.resources.page(at: cursor, for: revision)
        case .resourceTemplates: try server.resources.templatePage(at: cursor, for: revision)
        case .prompts: try server.prompts.page(at: cursor, for: revision)
        }
    }

    func call(_ request: JSONRPCRequest, _ revision: ProtocolRevision, _ sink: any MessageSink) -> Reception {
        let members = CallMembers(request.params)
        let (arguments, meta) = (members.arguments, members.meta)
        guard let name = members.name?.stringValue else {
            return .answer(Self.error(request.id, ErrorCode.invalidParams, "params.name must be a string"))
        }
        guard let tool = server.catalogue.tool(named: name, for: revision) else {
            return .answer(Self.error(request.id, ErrorCode.invalidParams, "tool \"\(name)\" is unknown"))
        }
        if let arguments, arguments.kind != .object {
            return .answer(Self.error(request.id, ErrorCode.invalidParams, "params.arguments must be an object"))
        }
        if members.task != nil || tool.taskSupport == .required, hasTasks {
            return callAsTask(tool, request, members.task, arguments: arguments, meta: meta)
        }
        if let bytes = server.takeLongLine() { _ = sink.misbehave(.garbage([], fillerBytes: bytes)) }

        let client = LegacyCallClient(
            session: self, route: .exchange(sink), revision: revision, progressToken: meta?.member("progressToken"))
        let call = Call(server: server, client: client, arguments: ToolArguments(object: arguments), meta: meta)
        let (id, latency) = (request.id, server.options.latency)
        switch tool.body {
        case .immediate(let body) where latency == .zero:
            do throws(ToolFailure) {
                return .answer(Self.response(id, try body(call)))
            } catch {
                return Self.error(id, error).map(Reception.answer) ?? .accepted
            }
        case .immediate(let body):
            return start(request, sink) { () async throws(ToolFailure) in
                try await call.sleep(for: latency)
                return Self.response(id, try body(call))
            }
        case .suspending(let body):
            return start(request, sink) { () async throws(ToolFailure) in
                try await call.sleep(for: latency)
                return Self.response(id, try await body(call))
            }
        }
    }
}

/// The members of a call's params, found in one pass: this is what benchmarks do a million times.
private struct CallMembers {
    private(set) var name: RawJSON?
    private(set) var arguments: RawJSON?
    private(set) var meta: RawJSON?
    private(set) var task: RawJSON?

    init(_ params: RawJSON?) {
        params?.forEachMember { key, value in
            if key == "name" {
                name = value
            } else if key == "arguments" {
                arguments = value
            } else if key == "_meta" {
                meta = value
            } else if key == "task" {
                task = value
            }
            return true
        }
    }
}
