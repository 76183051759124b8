import AsyncIO
import MCPProtocol

/// Turns what users attached to their messages into content for the model, before a run's first turn.
struct AttachmentLoader: Sendable {
    let files: FileClient
    let hasVision: Bool
    let hasAudio: Bool

    /// A part of a user's message.
    private enum Piece {
        /// As it is.
        case part(RawJSON)
        case attachment(Attachment)
    }

    /// The messages as the model gets them. What cannot be had is said in its place: no attachment ends a run.
    ///
    /// - Returns: and whether there are files among the attachments that can be read on demand.
    func loaded(_ messages: [ChatMessage]) async -> (messages: [ChatMessage], hasFiles: Bool) {
        var pieces: [Int: [Piece]] = [:]
        for (index, message) in messages.enumerated() { pieces[index] = self.pieces(of: message) }
        guard !pieces.isEmpty else { return (messages, false) }
        let fetched = await fetch(wanted(pieces))
        var messages = messages
        for (index, list) in pieces {
            let message = messages[index]
            messages[index] = await Offload.run(bytes: message.raw.bytes.count) { content(list, fetched, message) }
        }
        return (messages, pieces.values.joined().contains(where: isFile))
    }

    private func isFile(_ piece: Piece) -> Bool {
        guard case .attachment(let attachment) = piece, let url = attachment.url else { return false }
        do throws(FileProblem) {
            return files.mayFetch(try FileLocation(parsing: url))
        } catch {
            return false
        }
    }

    private func content(
        _ pieces: [Piece], _ fetched: [String: Result<FetchedFile, FileProblem>], _ message: ChatMessage
    ) -> ChatMessage {
        var content = AttachmentContent(hasVision: hasVision, hasAudio: hasAudio)
        for piece in pieces {
            switch piece {
            case .part(let part): content.keep(part)
            case .attachment(let attachment):
                let file = attachment.data == nil ? attachment.url.flatMap { fetched[$0] } : nil
                content.add(attachment, fetched: file)
            }
        }
        return content.message(insteadOf: message)
    }

    /// - Returns: `nil` for a message that goes to the model as it stands.
    private func pieces(of message: ChatMessage) -> [Piece]? {
        guard message.role == .user else { return nil }
        var pieces: [Piece] = []
        var isPlain = message.attachments.isEmpty
        let content = message.raw.member("content")
        if let content, content.kind == .string {
            if isPlain { return nil }
            if !content.isString("") {
                pieces.append(.part(RawJSON(unchecked: ContentPart.text(content.stringValue ?? "")[...])))
            }
        }
        for part in content?.elements ?? [] {
            if let attachment = Attachment(part: part) {
                pieces.append(.attachment(attachment))
                isPlain = false
            } else {
                if part.member("type")?.stringValue == "input_audio" { isPlain = false }
                pieces.append(.part(part))
            }
        }
        if isPlain { return nil }
        return pieces + message.attachments.map { .attachment(Attachment($0)) }
    }

    // MARK: Fetching

    /// What to fetch: of the newest messages first, and no more than a request may have.
    private func wanted(_ pieces: [Int: [Piece]]) -> [(url: String, location: FileLocation)] {
        let content = AttachmentContent(hasVision: hasVision, hasAudio: hasAudio)
        var wanted: [(url: String, location: FileLocation)] = []
        for index in pieces.keys.sorted(by: >) {
            for case .attachment(let attachment) in pieces[index] ?? [] {
                guard wanted.count < AttachmentContent.maxFiles else { return wanted }
                guard attachment.data == nil, let url = attachment.url, content.takes(attachment.type),
                    !wanted.contains(where: { $0.url == url })
                else { continue }
                do throws(FileProblem) {
                    let location = try FileLocation(parsing: url)
                    if files.mayFetch(location) { wanted.append((url, location)) }
                } catch {
                    // The model gets it as it was written; a tool may know what it is.
                    continue
                }
            }
        }
        return wanted
    }

    private func fetch(
        _ wanted: [(url: String, location: FileLocation)]
    ) async -> [String: Result<FetchedFile, FileProblem>] {
        var fetched: [String: Result<FetchedFile, FileProblem>] = [:]
        let files = files
        await Parallel.forEach(wanted, atMost: FileClient.maxParallel, on: files.loop) { file in
            do throws(FileProblem) {
                return (file.url, Result<FetchedFile, FileProblem>.success(try await files.fetch(file.location)))
            } catch {
                return (file.url, .failure(error))
            }
        } collect: {
            fetched[$0.0] = $0.1
        }
        return fetched
    }
}
