/// The member of `_meta` that says which task a message belongs to: MCP 2025-11-25, Tasks, "Related Task Metadata".
///
/// Ids of tasks mean something on one connection only, so the member is made anew, or removed, at each.
package enum RelatedTask {
    package static let key = "io.modelcontextprotocol/related-task"

    /// The id of the task that params or a result belong to.
    package static func id(in value: RawJSON?) -> String? { value?["_meta", key, "taskId"]?.stringValue }
}

extension RawJSON {
    /// These params, or this result, as belonging to a task; `nil` removes the member. Every other byte stays.
    package func relatedTask(_ id: String?) -> RawJSON {
        let path = ["_meta", RelatedTask.key]
        guard let id else { return replacing([(path, nil)]) }
        return replacing([(path + ["taskId"], JSONWriter.quote(id))])
    }
}
