/// What is said of a task, in whichever form it is said: that of the core of MCP 2025-11-25, or that of the extension of
/// 2026-07-28, which has the same facts under other names.
package struct TaskDescription: Equatable, Sendable {
    package var id: String
    package var status: TaskStatus
    /// For people.
    package var statusMessage: String?
    /// ISO 8601, as its server wrote it; so is ``lastUpdatedAt``.
    package var createdAt: String
    package var lastUpdatedAt: String
    /// Milliseconds from its creation until it is forgotten; `nil`: no limit.
    package var ttl: Int64?
    /// Milliseconds that whoever asks about it should let pass in between; `nil`: not said.
    package var pollInterval: Int64?

    package init(
        id: String, status: TaskStatus, statusMessage: String? = nil, createdAt: String, lastUpdatedAt: String,
        ttl: Int64?, pollInterval: Int64? = nil
    ) {
        self.id = id
        self.status = status
        self.statusMessage = statusMessage
        self.createdAt = createdAt
        self.lastUpdatedAt = lastUpdatedAt
        self.ttl = ttl
        self.pollInterval = pollInterval
    }

    /// Reads a task of 2025-11-25, or one in the `task` member of the result that creates it.
    package init(core value: RawJSON) throws(MessageError) {
        try self.init(value.member("task") ?? value, ttl: "ttl", pollInterval: "pollInterval")
    }

    /// Reads a task of the extension. One inside a `task` member, as drafts had it, is read, too.
    package init(extension value: RawJSON) throws(MessageError) {
        let nested = value.member("taskId") == nil ? value.member("task") : nil
        try self.init(nested ?? value, ttl: "ttlMs", pollInterval: "pollIntervalMs")
    }

    private init(_ task: RawJSON, ttl ttlName: String, pollInterval pollName: String) throws(MessageError) {
        func text(_ name: String) throws(MessageError) -> String {
            guard let text = task.member(name)?.stringValue else {
                throw MessageError(path: "task.\(name)", fact: "must be a string")
            }
            return text
        }
        func milliseconds(_ name: String) throws(MessageError) -> Int64? {
            guard let value = task.member(name), !value.isNull else { return nil }
            // A part of a millisecond is a whole one: nobody is to ask too early.
            guard let number = value.intValue ?? value.doubleValue.flatMap({ Int64(exactly: $0.rounded(.up)) }),
                number >= 0
            else { throw MessageError(path: "task.\(name)", fact: "must be a number of milliseconds") }
            return number
        }
        id = try text("taskId")
        let word = try text("status")
        guard let status = TaskStatus(rawValue: word) else {
            throw MessageError(path: "task.status", fact: "is \"\(word.prefix(40))\", which no task is")
        }
        self.status = status
        statusMessage = task.member("statusMessage")?.stringValue
        createdAt = try text("createdAt")
        lastUpdatedAt = try text("lastUpdatedAt")
        ttl = try milliseconds(ttlName)
        pollInterval = try milliseconds(pollName)
    }

    // MARK: Writing

    /// As a task of 2025-11-25.
    package func encodeCore() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        write(to: &writer, ttl: "ttl", pollInterval: "pollInterval")
        writer.endObject()
        return writer.finish()
    }

    /// As the result of 2025-11-25 that creates it.
    package func encodeCoreCreation() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("task")
        writer.raw(encodeCore())
        writer.endObject()
        return writer.finish()
    }

    /// As the result of the extension that creates it.
    package func encodeCreation() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("resultType")
        writer.string("task")
        write(to: &writer)
        writer.endObject()
        return writer.finish()
    }

    /// The members of the extension's form.
    func write(to writer: inout JSONWriter) { write(to: &writer, ttl: "ttlMs", pollInterval: "pollIntervalMs") }

    private func write(to writer: inout JSONWriter, ttl ttlName: String, pollInterval pollName: String) {
        writer.key("taskId")
        writer.string(id)
        writer.key("status")
        writer.string(status.rawValue)
        if let statusMessage {
            writer.key("statusMessage")
            writer.string(statusMessage)
        }
        writer.key("createdAt")
        writer.string(createdAt)
        writer.key("lastUpdatedAt")
        writer.string(lastUpdatedAt)
        writer.key(ttlName)
        if let ttl { writer.integer(ttl) } else { writer.null() }
        if let pollInterval {
            writer.key(pollName)
            writer.integer(pollInterval)
        }
    }
}
