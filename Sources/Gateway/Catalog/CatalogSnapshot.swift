import Crypto
import MCPProtocol
import Synchronization

/// The merged catalogue at one moment. Immutable: whoever has one can read it without a lock, and a list that is read
/// page by page stays the list it was.
package final class CatalogSnapshot: Sendable {
    /// Increases with every snapshot of a process.
    package let generation: UInt64
    /// Each in the order of the configuration, then of each server's own list.
    package let tools: [CatalogTool]
    package let prompts: [CatalogPrompt]
    package let resources: [CatalogResource]
    package let resourceTemplates: [CatalogResource]
    /// What the servers said of themselves, in the order of the configuration; those that have been listed.
    package let servers: [CatalogServer]

    private let toolIndex: NameIndex
    private let promptIndex: NameIndex
    /// By exposed URI or template.
    let owners: [String: ResourceRoute]
    let learned: LearnedOwners
    /// Names of servers by the prefix of their URIs.
    let serversByURIPrefix: [String: String]
    let pageSize: Int
    let cursorKey: MessageAuthenticationKey
    /// The answers to list requests that fit one page: the most common requests of all, ready to send once somebody
    /// has asked.
    let wholeLists = Mutex<[WholeList: RawJSON]>([:])

    /// Whether any list has more than one page, so that there may be cursors of this snapshot.
    var isPaged: Bool {
        [tools.count, prompts.count, resources.count, resourceTemplates.count].contains { $0 > pageSize }
    }

    struct WholeList: Hashable {
        let kind: ListKind
        let revision: ProtocolRevision
    }

    init(
        generation: UInt64, _ merge: CatalogMerge, learned: LearnedOwners, serversByURIPrefix: [String: String],
        pageSize: Int, cursorKey: MessageAuthenticationKey
    ) {
        self.generation = generation
        tools = merge.tools
        prompts = merge.prompts
        resources = merge.resources
        resourceTemplates = merge.resourceTemplates
        servers = merge.servers
        owners = merge.owners
        toolIndex = NameIndex(merge.tools)
        promptIndex = NameIndex(merge.prompts)
        self.learned = learned
        self.serversByURIPrefix = serversByURIPrefix
        self.pageSize = max(1, pageSize)
        self.cursorKey = cursorKey
    }

    // MARK: Names

    /// The tool a client means: by its exposed name, else by its original name where only one server has such a tool.
    package func tool(named name: String) -> CatalogTool? { toolIndex.index(of: name).map { tools[$0] } }

    /// The prompt a client means, found as tools are.
    package func prompt(named name: String) -> CatalogPrompt? { promptIndex.index(of: name).map { prompts[$0] } }

    /// Names of tools that a client may have meant, nearest first, at most five.
    package func namesLike(_ name: String) -> [String] { NameIndex.names(of: tools, like: name) }

    /// Names of prompts that a client may have meant, nearest first, at most five.
    package func promptNamesLike(_ name: String) -> [String] { NameIndex.names(of: prompts, like: name) }

    // MARK: Servers

    /// What a server said of itself; `nil` until it has been listed.
    package func server(named name: String) -> CatalogServer? { servers.first { $0.name == name } }

    /// The servers that declare a capability, or a setting of one such as `"resources", "subscribe"`, in the order of the
    /// configuration.
    package func servers(withCapability path: String...) -> [String] {
        servers.filter { $0.hasCapability(path) }.map(\.name)
    }

    /// Each an object, in the order of the configuration.
    package var capabilitiesByServer: [(server: String, capabilities: RawJSON)] {
        servers.map { ($0.name, $0.capabilities) }
    }

    /// The servers' words to the model, in the order of the configuration; of those that have any.
    package var instructions: [(server: String, text: String)] {
        servers.compactMap { server in
            server.instructions.flatMap { $0.isEmpty ? nil : (server.name, $0) }
        }
    }
}
