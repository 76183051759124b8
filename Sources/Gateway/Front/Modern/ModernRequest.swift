import MCPClient
import MCPProtocol

/// One request of a client of 2026-07-28: all that is known of it and its sender.
///
/// An object, as many hold it at a time.
final class ModernRequest: Sendable {
    let request: JSONRPCRequest
    /// Of its params.
    let members: RequestMembers
    /// Who makes it.
    private let client: DescribedClient
    /// Whom the caps count for that no single client may use up: its address.
    let origin: String
    /// Whether the transport is of this one client: standard streams, but not HTTP.
    let isOnOwnTransport: Bool
    /// The tool it calls, if that has been looked up already.
    let tool: CatalogTool?
    private let parameterHeaders: [(name: String, value: String)]

    init(
        _ request: JSONRPCRequest, _ members: RequestMembers, _ client: DescribedClient, origin: String,
        isOnOwnTransport: Bool, tool: CatalogTool? = nil, parameterHeaders: [(name: String, value: String)] = []
    ) {
        self.request = request
        self.members = members
        self.client = client
        self.origin = origin
        self.isOnOwnTransport = isOnOwnTransport
        self.tool = tool
        self.parameterHeaders = parameterHeaders
    }

    var meta: RequestMeta { client.meta }
    /// What the client stands for towards servers that know sessions.
    var partition: FrontSession { client.partition }
    /// The least severe log messages the client wants; `nil`: none.
    var logLevel: LoggingLevel? { client.logLevel }
    /// How the client knows tasks.
    var tasks: RequestContext.Tasks { client.context.tasks }

    /// What a server of the same era hears of the client.
    var context: RequestContext {
        var context = client.context
        context.parameterHeaders = parameterHeaders
        return context
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
