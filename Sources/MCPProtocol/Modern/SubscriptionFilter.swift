/// What a `subscriptions/listen` wants to hear: MCP 2026-07-28, "Subscriptions".
package struct SubscriptionFilter: Equatable, Sendable {
    package static let method = "subscriptions/listen"
    package static let acknowledged = "notifications/subscriptions/acknowledged"

    package var toolsListChanged = false
    package var promptsListChanged = false
    package var resourcesListChanged = false
    /// URIs, in the order given, each once.
    package var resourceSubscriptions: [String] = []
    /// Ids of tasks of the extension `io.modelcontextprotocol/tasks`.
    package var taskIDs: [String] = []

    package init() {}

    /// Everything a server could announce of its lists.
    package static let allLists = {
        var filter = SubscriptionFilter()
        filter.toolsListChanged = true
        filter.promptsListChanged = true
        filter.resourcesListChanged = true
        return filter
    }()

    /// - Parameter params: of the request or of its acknowledgement. Kinds that are not known are passed over, and so is
    ///   `null`.
    package init(params: RawJSON?) throws(MessageError) {
        guard let filter = params?.member("notifications"), filter.kind == .object else {
            throw MessageError(path: "params.notifications", fact: "must be an object")
        }
        func flag(_ name: String) throws(MessageError) -> Bool {
            guard let value = filter.member(name), !value.isNull else { return false }
            guard let flag = value.boolValue else {
                throw MessageError(path: "params.notifications.\(name)", fact: "must be true or false")
            }
            return flag
        }
        func list(_ name: String) throws(MessageError) -> [String] {
            guard let value = filter.member(name), !value.isNull else { return [] }
            guard value.kind == .array else {
                throw MessageError(path: "params.notifications.\(name)", fact: "must be an array")
            }
            var seen: Set<String> = []
            var texts: [String] = []
            for element in value.elements {
                guard let text = element.stringValue else {
                    throw MessageError(path: "params.notifications.\(name)", fact: "must hold strings")
                }
                if seen.insert(text).inserted { texts.append(text) }
            }
            return texts
        }
        toolsListChanged = try flag("toolsListChanged")
        promptsListChanged = try flag("promptsListChanged")
        resourcesListChanged = try flag("resourcesListChanged")
        resourceSubscriptions = try list("resourceSubscriptions")
        taskIDs = try list("taskIds")
    }

    /// The `notifications` member, an object. What is not wanted is left out.
    package func encode() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, isWanted) in [
            ("toolsListChanged", toolsListChanged), ("promptsListChanged", promptsListChanged),
            ("resourcesListChanged", resourcesListChanged),
        ] where isWanted {
            writer.key(name)
            writer.bool(true)
        }
        for (name, texts) in [("resourceSubscriptions", resourceSubscriptions), ("taskIds", taskIDs)]
        where !texts.isEmpty {
            writer.key(name)
            writer.beginArray()
            for text in texts { writer.string(text) }
            writer.endArray()
        }
        writer.endObject()
        return writer.finish()
    }
}
