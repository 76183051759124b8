/// Errors on their way from a server of one era to a client of another: MCP 2026-07-28, Base Protocol, "Error Codes".
extension JSONRPCError {
    /// This error of a server's as a client can be told it; itself between peers of the legacy revisions.
    ///
    /// A resource that does not exist has a code of its own until 2025-11-25, later it is one of the params. What went wrong
    /// between the gateway and the server alone (a version, a header, a method that it does have) is not the client's
    /// fault, and becomes an internal error that names the server. A missing capability stays for a client of 2026-07-28,
    /// whose capability it is.
    ///
    /// - Parameters:
    ///   - server: by the name its operator knows.
    ///   - uri: the resource that the request was for, as the server was asked for it; `nil` for requests for none.
    package func converted(
        from source: ProtocolRevision, for target: ProtocolRevision, server: String, reading uri: String? = nil
    ) -> JSONRPCError {
        if source.isLegacy, target.isLegacy { return self }
        switch code {
        case ErrorCode.resourceNotFound where target.isModern:
            return JSONRPCError(code: ErrorCode.invalidParams, message: message, data: data(naming: uri))
        case ErrorCode.invalidParams where source.isModern && target.isLegacy:
            guard let uri, let named = data?.member("uri")?.stringValue, named.utf8.elementsEqual(uri.utf8) else {
                return self
            }
            return JSONRPCError(code: ErrorCode.resourceNotFound, message: message, data: data)
        case ErrorCode.missingRequiredClientCapability where target.isLegacy,
            ErrorCode.urlElicitationRequired where target.isModern,
            ErrorCode.headerMismatch, ErrorCode.unsupportedProtocolVersion, ErrorCode.methodNotFound,
            ErrorCode.parseError, ErrorCode.invalidRequest:
            return JSONRPCError(
                code: ErrorCode.internalError, message: "server \"\(server)\": \(message) (\(code))", data: data)
        default:
            return self
        }
    }

    /// The data with the URI that there was nothing at, unless it says one.
    private func data(naming uri: String?) -> RawJSON? {
        guard let uri, data?.member("uri") == nil else { return data }
        let object = data.flatMap { $0.kind == .object ? $0 : nil } ?? .emptyObject
        return object.replacing([(["uri"], JSONWriter.quote(uri))])
    }
}
