/// What a server offers: MCP 2025-11-25, Lifecycle, "Capability Negotiation".
package struct ServerCapabilities: Equatable, Sendable {
    /// What a server does with tasks: in the core of 2025-11-25, or by the extension of 2026-07-28, which has no list but
    /// that of whoever keeps one.
    package struct Tasks: Equatable, Sendable {
        /// `tasks/list`
        package var list: Bool
        /// `tasks/cancel`
        package var cancel: Bool
        /// `tools/call` may ask for one.
        package var toolsCall: Bool

        package init(list: Bool, cancel: Bool, toolsCall: Bool) {
            self.list = list
            self.cancel = cancel
            self.toolsCall = toolsCall
        }
    }

    package var tools = false
    package var resources = false
    /// `resources/subscribe`
    package var resourcesSubscribe = false
    package var prompts = false
    package var completions = false
    package var logging = false
    /// `nil` for a server without.
    package var tasks: Tasks?
    /// As declared, an object: ids of extensions and their settings.
    package var extensions: RawJSON?

    package static let none = ServerCapabilities()

    /// All of the core, no extension.
    package static let everything = {
        var all = ServerCapabilities()
        all.tools = true
        all.resources = true
        all.resourcesSubscribe = true
        all.prompts = true
        all.completions = true
        all.logging = true
        all.tasks = Tasks(list: true, cancel: true, toolsCall: true)
        return all
    }()

    private init() {}

    /// - Parameters:
    ///   - declared: the `capabilities` of a server's answer to `initialize`. What is not an object in there is not
    ///     declared.
    ///   - revision: the one agreed upon: what it does not have does not count.
    package init(_ declared: RawJSON, revision: ProtocolRevision) {
        func object(_ name: String, of value: RawJSON? = declared) -> RawJSON? {
            value?.member(name).flatMap { $0.kind == .object ? $0 : nil }
        }
        tools = object("tools") != nil
        let resources = object("resources")
        self.resources = resources != nil
        resourcesSubscribe = resources?.member("subscribe")?.boolValue ?? false
        prompts = object("prompts") != nil
        if revision.hasCompletionsCapability {
            completions = object("completions") != nil
        } else {
            // Nothing to declare it with: whether there is something to complete can only be tried.
            completions = prompts || self.resources
        }
        logging = object("logging") != nil
        if revision.hasCoreTasks, let tasks = object("tasks") {
            self.tasks = Tasks(
                list: object("list", of: tasks) != nil, cancel: object("cancel", of: tasks) != nil,
                toolsCall: object("call", of: object("tools", of: object("requests", of: tasks))) != nil)
        }
        extensions = object("extensions")?.detached()
        if revision.isModern, TasksExtension.isDeclared(in: declared) {
            tasks = Tasks(list: true, cancel: true, toolsCall: true)
        }
    }

    /// What at least one of the two offers. Of an extension both have, the settings of the first count.
    package static func union(_ first: ServerCapabilities, _ second: ServerCapabilities) -> ServerCapabilities {
        var both = first
        both.formUnion(second)
        return both
    }

    package mutating func formUnion(_ other: ServerCapabilities) {
        tools = tools || other.tools
        resources = resources || other.resources
        resourcesSubscribe = resourcesSubscribe || other.resourcesSubscribe
        prompts = prompts || other.prompts
        completions = completions || other.completions
        logging = logging || other.logging
        if let theirs = other.tasks {
            let ours = tasks ?? theirs
            tasks = Tasks(
                list: ours.list || theirs.list, cancel: ours.cancel || theirs.cancel,
                toolsCall: ours.toolsCall || theirs.toolsCall)
        }
        guard let theirs = other.extensions else { return }
        guard let ours = extensions else { return extensions = theirs }
        let missing = theirs.members.filter { ours.member($0.name) == nil }
        if !missing.isEmpty {
            let changes = missing.map { (name: $0.name, value: Optional(Array($0.value.bytes))) }
            extensions = RawJSON(unchecked: ours.replacingMembers(changes)[...])
        }
    }
}

extension ServerCapabilities {
    /// The extensions that pass through a gateway which knows nothing more of them. Others may have methods and
    /// notifications of their own, which would not, so they are not advertised.
    package static let carriedExtensions = ["io.modelcontextprotocol/ui"]

    /// What the gateway advertises to a client of `revision`, an object.
    ///
    /// The three lists always announce their changes: the gateway watches its servers, whatever these announce.
    package func encode(for revision: ProtocolRevision) -> RawJSON {
        var writer = JSONWriter()
        writer.beginObject()
        writer.flags("tools", tools, ["listChanged": true], as: "true")
        writer.flags("resources", resources, ["subscribe": resourcesSubscribe, "listChanged": true], as: "true")
        writer.flags("prompts", prompts, ["listChanged": true], as: "true")
        writer.flags("completions", completions && revision.hasCompletionsCapability)
        writer.flags("logging", logging)
        if let tasks, revision.hasCoreTasks {
            writer.key("tasks")
            writer.beginObject()
            writer.flags("list", tasks.list)
            writer.flags("cancel", tasks.cancel)
            if tasks.toolsCall {
                writer.key("requests")
                writer.beginObject()
                writer.flags("tools", true, ["call": true])
                writer.endObject()
            }
            writer.endObject()
        }
        var carried = Self.carriedExtensions.compactMap { id in extensions?.member(id).map { (id, $0) } }
        if revision.isModern, tasks?.toolsCall == true { carried.append((TasksExtension.id, .emptyObject)) }
        if !carried.isEmpty {
            writer.key("extensions")
            writer.beginObject()
            for (id, settings) in carried {
                writer.key(id)
                writer.raw(settings)
            }
            writer.endObject()
        }
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }
}
