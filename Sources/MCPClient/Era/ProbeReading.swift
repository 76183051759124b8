import MCPProtocol

/// What the answer to `server/discover`, sent before anything else, says of the era of a server: MCP 2026-07-28,
/// Lifecycle, "Backward Compatibility".
///
/// A result, or an error that only modern servers know, is proof of a modern server; whatever else a server answers, it is
/// spoken to as a legacy one, for legacy servers answer what they do not know in many ways.
enum ProbeReading {
    case modern(DiscoverResult)
    /// The error is one of the modern revisions', but says that this very request was not understood.
    case again(evidence: String)
    /// - Parameter isCertain: the server itself has said so; `false` where it has said nothing.
    case legacy(evidence: String, isCertain: Bool)
    /// There is no common revision, or it cannot be found out now.
    case failure(MCPClientError)

    static func reading(_ response: JSONRPCResponse) -> ProbeReading {
        switch response.outcome {
        case .result(let result): reading(result)
        case .error(let error): reading(error)
        }
    }

    private static func reading(_ result: RawJSON) -> ProbeReading {
        let discovery: DiscoverResult
        do throws(MessageError) {
            discovery = try DiscoverResult(result: result)
        } catch {
            return .legacy(evidence: "its answer to server/discover is none: \(error)", isCertain: true)
        }
        let versions = discovery.supportedVersions
        if versions.contains(ProtocolRevision.v2026_07_28.rawValue) { return .modern(discovery) }
        return withoutModernRevision(versions, "server/discover lists ")
    }

    private static func reading(_ error: JSONRPCError) -> ProbeReading {
        let words = "server/discover was answered with error \(error.code): \(error.message.prefix(160))"
        switch error.code {
        case ErrorCode.unsupportedProtocolVersion:
            guard let supported = error.data?.member("supported"), supported.kind == .array else {
                return .legacy(evidence: words, isCertain: true)
            }
            let versions = supported.elements.compactMap(\.stringValue)
            if versions.contains(ProtocolRevision.v2026_07_28.rawValue) { return .again(evidence: words) }
            return withoutModernRevision(versions, "the server supports ")
        case ErrorCode.headerMismatch, ErrorCode.missingRequiredClientCapability: return .again(evidence: words)
        default: return .legacy(evidence: words, isCertain: true)
        }
    }

    private static func withoutModernRevision(_ versions: [String], _ beginning: String) -> ProbeReading {
        let words = beginning + (versions.isEmpty ? "no revision" : versions.prefix(8).joined(separator: ", "))
        let isLegacy = versions.isEmpty || versions.contains { ProtocolRevision.accepting(answered: $0) != nil }
        if isLegacy { return .legacy(evidence: words, isCertain: true) }
        return .failure(MCPClientError(.handshakeRefused, "\(words); we speak none of them", mayHaveExecuted: false))
    }

    /// A probe over HTTP that got no JSON-RPC answer.
    ///
    /// - Parameter status: the HTTP status it was refused with, if one was.
    static func reading(_ failure: MCPClientError, status: Int?) -> ProbeReading {
        let words = "server/discover: \(failure.detail)"
        switch failure.kind {
        // What stands before the server may know which methods there are, and not this one.
        case .unauthorized where status == 403: return .legacy(evidence: words, isCertain: false)
        case .unexpectedStatus(408), .unexpectedStatus(429): return .failure(failure)
        case .unexpectedStatus(let status):
            // 5xx: there are legacy servers that answer so to what they do not know.
            return .legacy(evidence: words, isCertain: status < 500)
        case .protocolViolation: return .legacy(evidence: words, isCertain: true)
        case .timedOut, .closed: return .legacy(evidence: words, isCertain: false)
        case .unauthorized, .connectionFailed, .cancelled, .sessionExpired, .tooLarge, .overloaded, .handshakeRefused:
            return .failure(failure)
        }
    }
}
