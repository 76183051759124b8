/// Tasks of 2025-11-25 and tasks of the extension: the same facts under other names, see ``DetailedTask``.
extension RawJSON {
    private static let extensionNames = [
        "ttlMs", "pollIntervalMs", "ttl", "pollInterval", "_meta", "resultType", "requestState",
    ]
    private static let detailNames = [
        "ttl", "pollInterval", "ttlMs", "pollIntervalMs", "_meta", "resultType", "result", "error", "inputRequests",
        "requestState",
    ]
    private static let coreMeta = MetaKey.envelope + [RelatedTask.key, RelatedTask.immediateResponseKey]

    /// This task, of whatever form, under the extension's names: without what belongs to a message that it came in, and with
    /// the lifetime it must have (`null`: without end).
    var withExtensionNames: RawJSON {
        var editor = ObjectEditor(self, Self.extensionNames)
        editor.rename(2, to: 0, orElse: "null")
        editor.rename(3, to: 1)
        editor.removeEnvelope(from: 4, Self.coreMeta)
        editor.remove(5)
        editor.remove(6)
        return editor.finish()
    }

    /// This task, of whatever form, under the names of 2025-11-25, and without what came of it.
    var withCoreNames: RawJSON {
        var editor = ObjectEditor(self, Self.detailNames)
        editor.rename(2, to: 0, orElse: "null")
        editor.rename(3, to: 1)
        editor.removeEnvelope(from: 4)
        for name in 5...9 { editor.remove(name) }
        return editor.finish()
    }

    /// This task with its members at the top, where the extension has them.
    var flatTask: RawJSON {
        guard let task = member("task"), task.kind == .object, member("taskId") == nil else { return self }
        return task
    }

    /// Whether this is the result of a call that became a task of the extension.
    package var isExtensionTask: Bool { InputRequired.isResultType(TasksExtension.resultType, of: self) }

    /// This `CreateTaskResult` of 2025-11-25 as the extension has it: flat, and of its own `resultType`.
    package var extensionCreateResult: RawJSON {
        let (task, meta) = members("task", "_meta")
        guard let task, task.kind == .object else { return self }
        var outer = ObjectEditor(task.withExtensionNames, ["resultType", "_meta"])
        outer.set(0, to: JSONWriter.quote(TasksExtension.resultType))
        if let meta, meta.kind == .object {
            outer.set(1, to: meta.bytes)
            outer = ObjectEditor(outer.finish(), ["_meta"])
            outer.removeEnvelope(from: 0, Self.coreMeta)
        }
        return outer.finish()
    }

    /// This `CreateTaskResult` of the extension as 2025-11-25 has it: the task inside, and nothing of it outside.
    package var coreCreateResult: RawJSON {
        let flat = flatTask
        var task = ObjectEditor(flat.withCoreNames, ["_meta"])
        var hop = ObjectEditor(self, ["_meta"])
        hop.removeEnvelope(from: 0)
        let meta = hop.finish().member("_meta")
        task.remove(0)
        var writer = JSONWriter(capacity: bytes.count + 32)
        writer.beginObject()
        writer.key("task")
        writer.raw(task.finish())
        if let meta {
            writer.key("_meta")
            writer.raw(meta)
        }
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }

    /// The number as an integer, rounded up; `nil` when there is none near.
    var roundedInteger: Int64? {
        if let exact = intValue { return exact }
        guard let number = doubleValue, number.magnitude < 9e15 else { return nil }
        let whole = Int64(number)
        return Double(whole) < number ? whole + 1 : whole
    }
}

extension ObjectEditor {
    /// Moves a number of milliseconds to another name, unless that has a value already.
    ///
    /// - Parameter fallback: what stands there when there is no number; `nil`: nothing.
    fileprivate mutating func rename(_ old: Int, to new: Int, orElse fallback: String? = nil) {
        let value = (self[new] ?? self[old]).flatMap(\.roundedInteger).map { "\($0)" } ?? fallback
        remove(old)
        if let value { set(new, to: Array(value.utf8)) } else { remove(new) }
    }
}
