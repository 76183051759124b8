/// Params and answers as peers of older revisions can read them. What a revision can express is returned as it is, and so
/// is every byte that need not change.
extension RawJSON {
    /// These params of `notifications/progress` as a peer of `revision` can read them.
    package func progressParams(for revision: ProtocolRevision) -> RawJSON {
        revision.hasProgressMessage ? self : replacing([(["message"], nil)])
    }

    /// These params of `completion/complete` as a server of `revision` can read them.
    package func completionParams(for revision: ProtocolRevision) -> RawJSON {
        revision.hasCompletionContext ? self : replacing([(["context"], nil)])
    }

    /// This result of `sampling/createMessage` as a server of `revision` can read it: content in an array of one element
    /// is that element where a revision does not have arrays.
    package func samplingResult(for revision: ProtocolRevision) -> RawJSON {
        guard !revision.hasSamplingTools, let content = member("content"), content.kind == .array else { return self }
        let blocks = content.elements
        guard blocks.count == 1, let block = blocks.first else { return self }
        return applying([JSONEdit(content, Array(block.bytes))])
    }
}
