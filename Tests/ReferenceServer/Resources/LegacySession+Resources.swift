import MCPProtocol

/// Requests for resources (MCP 2025-11-25, Resources).
extension LegacySession {
    /// Subscriptions of one session. One more is refused.
    private static let maxSubscriptions = 10_000

    func readResource(_ request: JSONRPCRequest, _ revision: ProtocolRevision) -> Reception {
        guard let uri = request.params?.member("uri")?.stringValue else { return .answer(Self.missingURI(request.id)) }
        guard let contents = server.resources.contents(of: uri, for: revision) else {
            return .answer(Self.unknownResource(uri, request.id))
        }
        return .answer(Self.response(request.id, ["contents": [contents]]))
    }

    func setSubscription(
        _ request: JSONRPCRequest, _ revision: ProtocolRevision, to isSubscribed: Bool
    ) -> Reception {
        guard let uri = request.params?.member("uri")?.stringValue else { return .answer(Self.missingURI(request.id)) }
        if isSubscribed {
            guard server.resources.exists(uri, for: revision) else {
                return .answer(Self.unknownResource(uri, request.id))
            }
            guard subscriptions.count < Self.maxSubscriptions else {
                let fact = "more than \(Self.maxSubscriptions) subscriptions"
                return .answer(Self.error(request.id, ErrorCode.invalidRequest, fact))
            }
            subscriptions.insert(uri)
        } else {
            subscriptions.remove(uri)
        }
        return .answer(Self.response(request.id, .emptyObject))
    }

    private static func missingURI(_ id: RequestID) -> OutgoingMessage {
        error(id, ErrorCode.invalidParams, "params.uri must be a string")
    }

    private static func unknownResource(_ uri: String, _ id: RequestID) -> OutgoingMessage {
        error(id, ErrorCode.resourceNotFound, "resource \"\(uri)\" is unknown", data: ["uri": .string(uri)])
    }
}
