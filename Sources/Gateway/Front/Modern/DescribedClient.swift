import MCPClient
import MCPProtocol

/// A client of 2026-07-28 as a request describes it (MCP 2026-07-28, Base Protocol, "`_meta`"). Requests that say the same
/// to the letter share one.
final class DescribedClient: Sendable {
    /// Where the members of such a `_meta` stand.
    let members: RequestMeta.Members
    let meta: RequestMeta
    /// What the client stands for towards servers that know sessions.
    let partition: FrontSession
    /// The least severe log messages the client wants; `nil`: none, or a level that there is not.
    let logLevel: LoggingLevel?
    /// What a server of the same era hears of the client.
    let context: RequestContext

    init(_ members: RequestMeta.Members, _ meta: RequestMeta, partition: FrontSession) {
        self.members = members
        self.meta = meta
        self.partition = partition
        logLevel = meta.logLevel.flatMap(LoggingLevel.init(rawValue:))
        var context = RequestContext()
        context.clientInfo = meta.clientInfo
        context.capabilities = partition.capabilities.forModernUpstream
        context.logLevel = logLevel?.rawValue
        context.handsOutQuestions = true
        if partition.capabilities.tasks { context.tasks = .extended }
        self.context = context
    }
}
