import AsyncIO
import MCPProtocol
import Synchronization

/// A file storage in memory, with the interface of DIAL's: `/v1/bucket`, and files below `/v1/files/`. The key `stranger`
/// has no access. `/go?TARGET` is a redirect.
final class ScriptedStorage: Sendable {
    private struct File {
        let type: String
        let bytes: [UInt8]
    }

    private static let maxFile = 64 << 20

    private let files = Mutex<[String: File]>([:])

    /// - Returns: `false` for a path that is not the storage's.
    nonisolated(nonsending) func handle(_ exchange: HTTPExchange, _ log: RequestLog) async -> Bool {
        let path = exchange.head.rawPath
        guard path == "/v1/bucket" || path == "/go" || path.hasPrefix("/v1/files/") else { return false }
        let number = log.begin(exchange.head, .emptyObject)
        defer { log.end(number, outcome: "complete") }
        if path == "/go" {
            let target = String(exchange.head.target.drop { $0 != "?" }.dropFirst())
            await exchange.respond(HTTPResponseHead(HTTPStatus(rawValue: 302), headers: ["Location": target]))
        } else if exchange.head.headers.first("Api-Key") == "stranger" {
            await exchange.respond(HTTPResponseHead(HTTPStatus(rawValue: 403)))
        } else if path == "/v1/bucket" {
            await json(["bucket": "B", "appdata": "U/appdata/agent"], exchange)
        } else if exchange.head.method == "PUT" {
            await store(path, exchange)
        } else {
            await send(path, exchange)
        }
        return true
    }

    private nonisolated(nonsending) func json(_ value: JSONValue, _ exchange: HTTPExchange) async {
        await exchange.respond(
            HTTPResponseHead(.ok, headers: ["Content-Type": "application/json"]), body: value.serialized())
    }

    private nonisolated(nonsending) func send(_ path: String, _ exchange: HTTPExchange) async {
        guard let file = files.withLock({ $0[path] }) else {
            return await exchange.respond(HTTPResponseHead(HTTPStatus(rawValue: 404)))
        }
        await exchange.respond(HTTPResponseHead(.ok, headers: ["Content-Type": file.type]), body: file.bytes)
    }

    private nonisolated(nonsending) func store(_ path: String, _ exchange: HTTPExchange) async {
        let body: [UInt8]
        do throws(HTTPBodyError) {
            body = Array(try await exchange.readBody(upTo: Self.maxFile))
        } catch {
            return await exchange.respond(HTTPProblem(.badRequest, detail: "\(error)"))
        }
        let type = exchange.head.headers.first("Content-Type") ?? "application/octet-stream"
        guard let file = type.hasPrefix("multipart/form-data") ? Self.field(of: body) : File(type: type, bytes: body)
        else { return await exchange.respond(HTTPResponseHead(HTTPStatus(rawValue: 400))) }
        files.withLock { $0[path] = file }
        let url = String(path.dropFirst("/v1/".count))
        await json(
            ["url": .string(url), "contentType": .string(file.type), "contentLength": JSONValue(file.bytes.count)],
            exchange)
    }

    /// The one field of a form (RFC 7578); `nil` if the form is broken.
    private static func field(of form: [UInt8]) -> File? {
        guard let boundaryEnd = form.firstRange(of: Array("\r\n".utf8)),
            let headEnd = form.firstRange(of: Array("\r\n\r\n".utf8))
        else { return nil }
        let end = Array("\r\n".utf8) + form[..<boundaryEnd.lowerBound] + Array("--".utf8)
        guard let close = form[headEnd.upperBound...].firstRange(of: end) else { return nil }
        let head = String(decoding: form[..<headEnd.lowerBound], as: UTF8.self)
        guard head.contains("name=\"file\"") else { return nil }
        let type = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Type: ") }?.dropFirst(14)
        return File(type: type.map(String.init) ?? "", bytes: Array(form[headEnd.upperBound..<close.lowerBound]))
    }
}
