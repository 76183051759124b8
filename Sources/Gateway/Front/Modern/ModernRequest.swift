import MCPClient
import MCPProtocol

/// One request of a client of 2026-07-28: all that is known of it and its sender.
///
/// An object, as many hold it at a time.
final class ModernRequest: Sendable {
    let request: JSONRPCRequest
    /// Of its params.
    let members: RequestMembers
    let meta: RequestMeta
    /// What the client stands for towards servers that know sessions.
    let partition: FrontSession
    /// The least severe log messages the client wants; `nil`: none.
    let logLevel: LoggingLevel?
    /// Whom the caps count for that no single client may use up: its address.
    let origin: String
    /// Whether the transport is of this one client: standard streams, but not HTTP.
    let isOnOwnTransport: Bool
    /// The tool it calls, if that has been looked up already.
    let tool: CatalogTool?

    /// What a server of the same era hears of the client.
    let context: RequestContext

    init(
        request: JSONRPCRequest, members: RequestMembers, meta: RequestMeta, partition: FrontSession,
        logLevel: LoggingLevel?, origin: String, isOnOwnTransport: Bool, tool: CatalogTool? = nil,
        parameterHeaders: [(name: String, value: String)] = []
    ) {
        self.request = request
        self.members = members
        self.meta = meta
        self.partition = partition
        self.logLevel = logLevel
        self.origin = origin
        self.isOnOwnTransport = isOnOwnTransport
        self.tool = tool
        var context = RequestContext()
        context.clientInfo = meta.clientInfo
        context.capabilities = partition.capabilities.forModernUpstream
        context.logLevel = logLevel?.rawValue
        context.handsOutQuestions = true
        if partition.capabilities.tasks { context.tasks = .extended }
        context.parameterHeaders = parameterHeaders
        self.context = context
    }

    var id: RequestID { request.id }

    /// Whom its call is made for.
    ///
    /// - Parameter link: the way back to the client, if it can be asked.
    func caller(link: (any CallerLink)?) -> Caller {
        var caller = Caller(session: partition, link: link, context: context)
        caller.isOneOfMany = !isOnOwnTransport && meta.affinity == nil
        return caller
    }

    /// Whether the client wants this notification: of what servers with a handshake say in the course of a call, these
    /// revisions have progress and log messages only.
    func wants(_ method: String, _ params: RawJSON) -> Bool {
        guard method == "notifications/message" else { return method == "notifications/progress" }
        guard let logLevel else { return false }
        guard let level = params.member("level")?.stringValue.flatMap(LoggingLevel.init(rawValue:)) else { return true }
        return level >= logLevel
    }
}
