import AsyncIO
import MCPProtocol

/// A `subscriptions/listen` that is going on (MCP 2026-07-28, "Subscriptions").
@LoopActor
final class Subscription: ServerObserver {
    /// How a server ends one.
    enum End: String, CaseIterable, Sendable {
        /// With the result of the request.
        case result
        /// With `notifications/cancelled`, as one page of the specification has it for stdio.
        case cancelled
        /// Without a word.
        case cut
    }

    enum Event {
        case message([UInt8])
        case silence
        case end(End)
        /// The client wants nothing more.
        case cancelled
    }

    /// Messages that wait for a slow reader. One more, and the oldest is forgotten.
    private static let maxWaiting = 10_000

    let id: RequestID
    /// Tells its connection from others.
    let caller: String
    private let toolsListChanged: Bool
    private let promptsListChanged: Bool
    private let resourcesListChanged: Bool
    private let uris: [String]
    private let taskIDs: [String]
    private var waiting: [[UInt8]] = []
    private var end: End?
    private let change = LoopSignal(loop: LoopActor.loop)

    /// - Parameters:
    ///   - exists: whether there is such a resource; there is nothing to tell of others.
    ///   - isTask: whether there is a task with this id.
    init(
        _ exchange: ModernExchange, exists: (String) -> Bool, isTask: (String) -> Bool
    ) throws(ModernRefusal) {
        id = exchange.id
        caller = exchange.caller.label
        guard let filter = exchange.params?.member("notifications"), filter.kind == .object else {
            throw .invalidParams("params.notifications must be an object")
        }
        func flag(_ name: String) throws(ModernRefusal) -> Bool {
            guard let value = filter.member(name) else { return false }
            guard let flag = value.boolValue else {
                throw .invalidParams("params.notifications.\(name) must be true or false")
            }
            return flag
        }
        toolsListChanged = try flag("toolsListChanged")
        promptsListChanged = try flag("promptsListChanged")
        resourcesListChanged = try flag("resourcesListChanged")
        func list(_ name: String, where isKnown: (String) -> Bool) throws(ModernRefusal) -> [String] {
            guard let list = filter.member(name) else { return [] }
            guard list.kind == .array else { throw .invalidParams("params.notifications.\(name) must be an array") }
            var texts: [String] = []
            for element in list.elements {
                guard let text = element.stringValue else {
                    throw .invalidParams("params.notifications.\(name) must hold strings")
                }
                if isKnown(text), !texts.contains(text) { texts.append(text) }
            }
            return texts
        }
        uris = try list("resourceSubscriptions", where: exists)
        if filter.member("taskIds") != nil, !exchange.envelope.declares(extension: ModernTask.extensionName) {
            throw .missingCapability(ModernTask.capability, "the client does not declare tasks")
        }
        taskIDs = try list("taskIds", where: isTask)
    }

    /// What is listened to, as it is acknowledged.
    var filter: JSONValue {
        var filter: JSONObject = [:]
        if toolsListChanged { filter["toolsListChanged"] = true }
        if promptsListChanged { filter["promptsListChanged"] = true }
        if resourcesListChanged { filter["resourcesListChanged"] = true }
        if !uris.isEmpty { filter["resourceSubscriptions"] = .array(uris.map(JSONValue.string)) }
        if !taskIDs.isEmpty { filter["taskIds"] = .array(taskIDs.map(JSONValue.string)) }
        return .object(filter)
    }

    /// `_meta` of everything that is sent.
    var meta: JSONValue { .object([MetaKey.subscriptionID: JSONValue(RawJSON(unchecked: id.encode()[...]))]) }

    func message(_ method: String, _ params: JSONObject = [:]) -> [UInt8] {
        var params = params
        params["_meta"] = meta
        return JSONRPC.notification(method: method, params: JSONValue.object(params).serialized())
    }

    // MARK: Events

    func finish(_ how: End) {
        end = how
        change.signal()
    }

    /// Waits for what is to be sent next.
    ///
    /// - Parameter silence: how long nothing may be sent.
    func next(silence: Duration) async -> Event {
        let deadline = MonotonicInstant.now + silence
        while true {
            if !waiting.isEmpty { return .message(waiting.removeFirst()) }
            if let end { return .end(end) }
            switch await change.wait(until: deadline) {
            case .signalled: continue
            case .timedOut: return .silence
            case .cancelled: return .cancelled
            }
        }
    }

    private func push(_ message: [UInt8]) {
        if waiting.count == Self.maxWaiting { waiting.removeFirst() }
        waiting.append(message)
        change.signal()
    }

    // MARK: ServerObserver

    func listDidChange(_ list: ListKind) {
        switch list {
        case .tools where toolsListChanged: push(message("notifications/tools/list_changed"))
        case .prompts where promptsListChanged: push(message("notifications/prompts/list_changed"))
        case .resources where resourcesListChanged, .resourceTemplates where resourcesListChanged:
            push(message("notifications/resources/list_changed"))
        default: break
        }
    }

    func resourceDidUpdate(_ uri: String) {
        if uris.contains(uri) { push(message("notifications/resources/updated", ["uri": .string(uri)])) }
    }

    var subscriptions: Set<String> { Set(uris) }

    func taskDidChange(_ task: ModernTask) {
        if taskIDs.contains(task.id) { push(message("notifications/tasks", task.details)) }
    }
}

extension ModernService {
    func listen(_ exchange: ModernExchange) throws(ModernRefusal) -> Reception {
        let subscription = try Subscription(exchange) { uri in
            server.resources.exists(uri, for: Self.revision)
        } isTask: { id in
            tasks[id] != nil
        }
        let reception = start(exchange) { [self] () async throws(ToolFailure) in
            // Acknowledged before anything else is sent, and nothing that changes from now on is missed.
            add(subscription)
            defer { remove(subscription) }
            await send(
                subscription.message(SubscriptionFilter.acknowledged, ["notifications": subscription.filter]), exchange)
            while true {
                switch await subscription.next(silence: server.options.keepAlive) {
                case .message(let message): await send(message, exchange)
                case .silence: exchange.sink.keepAlive()
                case .end(.result): return complete(exchange.id, ["_meta": subscription.meta])
                case .end(.cancelled):
                    let id = JSONValue(RawJSON(unchecked: exchange.id.encode()[...]))
                    await send(subscription.message("notifications/cancelled", ["requestId": id]), exchange)
                    throw .cancelled
                case .end(.cut), .cancelled: throw .cancelled
                }
            }
        }
        return reception
    }
}
