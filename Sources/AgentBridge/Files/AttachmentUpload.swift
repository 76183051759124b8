import AsyncIO
import Foundation
import MCPProtocol

/// Takes the large ones among a run's attachments to the file storage, so that the answer has their URLs.
struct AttachmentUpload: Sendable {
    let files: FileClient
    let runID: String

    /// Smaller ones stay in the answer.
    static let minBytes = 64 << 10
    /// What could not be stored stays in the answer up to this size.
    static let maxInlineBytes = 1 << 20

    /// - Parameter attachments: DIAL's, without indexes.
    /// - Returns: as many, each with either data or a URL. One that could be neither stored nor kept is a note.
    func stored(_ attachments: [RawJSON], log: (FileProblem) -> Void) async -> [RawJSON] {
        guard files.hasStorage else { return attachments }
        let large = attachments.indices.filter { Self.size(of: attachments[$0]) > Self.minBytes }
        guard !large.isEmpty else { return attachments }
        var stored = attachments
        let folder: String
        do throws(FileProblem) {
            folder = try await bucket() + "/agent/" + runID
        } catch {
            log(error)
            for index in large { stored[index] = Self.kept(attachments[index]) }
            return stored
        }
        var problems: [FileProblem] = []
        await Parallel.forEach(large, atMost: FileClient.maxParallel, on: files.loop) { index in
            do throws(FileProblem) {
                return (
                    index, Result<RawJSON, FileProblem>.success(try await upload(attachments[index], index, folder))
                )
            } catch {
                return (index, .failure(error))
            }
        } collect: { index, outcome in
            switch outcome {
            case .success(let attachment): stored[index] = attachment
            case .failure(let problem):
                problems.append(problem)
                stored[index] = Self.kept(attachments[index])
            }
        }
        for problem in problems { log(problem) }
        return stored
    }

    private static func size(of attachment: RawJSON) -> Int {
        guard let data = attachment.member("data") else { return 0 }
        return (data.bytes.count - 2) / 4 * 3
    }

    /// An attachment that stays in the answer, or what says why it does not.
    private static func kept(_ attachment: RawJSON) -> RawJSON {
        let size = size(of: attachment)
        guard size > maxInlineBytes else { return attachment }
        let title = attachment.member("title")?.stringValue ?? "attachment"
        let note: JSONValue = [
            "type": "text/plain", "title": .string(title),
            "data": .string("\(title) (\(size) bytes) could not be stored and is too large to be sent along."),
        ]
        return note.raw
    }

    // MARK: Storage

    /// Where the caller's files of this agent are kept.
    private func bucket() async throws(FileProblem) -> String {
        let limit = min(files.deadline, .now + FileClient.timeout)
        let response = try await files.send(try files.storageRequest("GET", "bucket"), until: limit)
        let answer = try await json(try await files.read(response, until: limit))
        guard let name = answer.member("appdata")?.stringValue ?? answer.member("bucket")?.stringValue, !name.isEmpty
        else { throw FileProblem("cannot be stored: the storage names no bucket") }
        return name.split(separator: "/").map(Self.segment).joined(separator: "/")
    }

    private func upload(_ attachment: RawJSON, _ index: Int, _ folder: String) async throws(FileProblem) -> RawJSON {
        let type = MediaType.bare(attachment.member("type")?.stringValue ?? "application/octet-stream")
        let name = Self.fileName(attachment.member("title")?.stringValue ?? "", type: type, index: index)
        let (boundary, body) = try await form(attachment, name: name, type: type)
        let limit = min(files.deadline, .now + FileClient.timeout)
        let request = try files.storageRequest(
            "PUT", "files/\(folder)/\(name)", [("Content-Type", "multipart/form-data; boundary=\(boundary)")],
            body: body)
        let response = try await files.send(request, until: limit)
        let answer = try await json(try await files.read(response, until: limit))
        let url = answer.member("url")?.stringValue ?? "files/\(folder)/\(name)"
        let changes: [(name: String, value: [UInt8]?)] = [("data", nil), ("url", JSONWriter.quote(url))]
        return RawJSON(unchecked: attachment.replacingMembers(changes)[...])
    }

    private func json(_ file: FetchedFile) async throws(FileProblem) -> RawJSON {
        do throws(JSONError) {
            return try RawJSON(validating: file.bytes)
        } catch {
            throw FileProblem("cannot be stored: the storage's answer is not JSON")
        }
    }

    /// One field `file` (RFC 7578).
    private func form(
        _ attachment: RawJSON, name: String, type: String
    ) async throws(FileProblem) -> (boundary: String, body: [UInt8]) {
        // 128 random bits occur in no file by chance.
        let boundary = "agent-" + RandomToken.hexadecimal(32)
        let body = await Offload.run(bytes: attachment.bytes.count) { () -> [UInt8]? in
            guard let text = attachment.member("data")?.stringValue else { return nil }
            // Models attach texts as they are.
            let data = Data(base64Encoded: text) ?? (MediaType.isText(type) ? Data(text.utf8) : nil)
            guard let data else { return nil }
            var body = Array(
                ("--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n"
                    + "Content-Type: \(type)\r\n\r\n").utf8)
            body += data
            body += Array("\r\n--\(boundary)--\r\n".utf8)
            return body
        }
        guard let body else { throw FileProblem("cannot be stored: it is not base64") }
        return (boundary, body)
    }

    /// A name of plain characters that no other attachment of the run has.
    static func fileName(_ title: String, type: String, index: Int) -> String {
        let base = title.split(separator: "/").last.map(String.init) ?? ""
        let name = String(segment(base).prefix(80))
        let suffix = name.contains(".") ? "" : MediaType.suffix(of: type)
        return "\(index + 1)-\(name.isEmpty ? "attachment" : name)\(suffix)"
    }

    private static func segment(_ text: some StringProtocol) -> String {
        let plain = text.utf8.map { byte -> Character in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                Character(Unicode.Scalar(byte))
            default: "_"
            }
        }
        let name = String(plain)
        // Never a step up.
        return name.allSatisfy { $0 == "." } ? name.replacing(".", with: "_") : name
    }
}
