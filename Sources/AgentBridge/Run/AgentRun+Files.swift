import MCPProtocol

/// The files that come with a conversation, and those that go out with an answer.
extension AgentRun {
    /// The caller's messages with what is attached to them.
    func loadedMessages() async -> [ChatMessage] {
        let model = request.models.first
        let loader = AttachmentLoader(
            files: files, hasVision: model?.hasVision ?? false, hasAudio: model?.hasAudio ?? false)
        let (messages, hasFiles) = await loader.loaded(request.messages)
        if hasFiles { offered.offerFileReader() }
        return messages
    }

    /// What the tools and the model attached to the answer, the large ones by where they are stored.
    func storedAttachments() async -> [RawJSON] {
        guard request.wantsCustomContent, !attachments.isEmpty else { return attachments }
        return await AttachmentUpload(files: files, runID: request.runID).stored(attachments) { problem in
            services.log.warning(
                "attachment not stored",
                [
                    "request_id": request.identity.requestID, "run_id": request.runID, "reason": problem.reason,
                ])
        }
    }
}
