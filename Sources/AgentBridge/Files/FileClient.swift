import AsyncIO
import Configuration
import MCPProtocol

/// A file as it was fetched.
struct FetchedFile: Sendable {
    let bytes: [UInt8]
    /// The media type without parameters, in lower case; `nil` if the server did not say.
    let type: String?

    /// - Throws: if it is not UTF-8.
    func text() throws(FileProblem) -> String {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        guard let text = String(validating: content, as: UTF8.self) else { throw FileProblem("is not UTF-8 text") }
        return text
    }
}

/// Fetches and stores files for one run: with the caller's key in the configured storage, without any from the hosts that
/// are allowed.
struct FileClient: Sendable {
    let clients: HTTPClientGroup
    let settings: FileSettings
    let identity: RequestIdentity
    let loop: EventLoop
    /// Of the run.
    let deadline: MonotonicInstant

    /// For one file.
    static let timeout = Duration.seconds(30)
    static let maxParallel = 4
    private static let connectTimeout = Duration.seconds(5)
    private static let maxRedirects = 5

    var hasStorage: Bool { settings.baseURL != nil }

    /// Whether there is anything that could be fetched.
    var isUseful: Bool { hasStorage || !settings.allowedHosts.isEmpty }

    /// Whether ``fetch(_:)`` would try.
    func mayFetch(_ location: FileLocation) -> Bool {
        switch location {
        case .stored: hasStorage
        case .remote(let url): settings.allows(host: url.host)
        }
    }

    func fetch(_ location: FileLocation) async throws(FileProblem) -> FetchedFile {
        let limit = min(deadline, .now + Self.timeout)
        switch location {
        case .stored(let path):
            let request = try storageRequest("GET", path)
            return try await read(try await send(request, until: limit), until: limit)
        case .remote(let url): return try await fetch(url, until: limit)
        }
    }

    // MARK: Other hosts

    private func fetch(_ start: RemoteURL, until limit: MonotonicInstant) async throws(FileProblem) -> FetchedFile {
        var url = start
        for _ in 0...Self.maxRedirects {
            guard settings.allows(host: url.host) else {
                throw FileProblem("is on \(url.host), which is not among the hosts that files may be fetched from")
            }
            var request = HTTPClientRequest(
                method: "GET", url: url.text, headers: [("Accept", "*/*"), ("Accept-Encoding", "identity")])
            // A name may stand for anything; an address was allowed as such.
            let isName = SocketAddress(ip: url.host, port: 0) == nil
            request.allowsAddress = { address in !isName || PublicAddress.contains(address) }
            let response = try await send(request, until: limit)
            guard [301, 302, 303, 307, 308].contains(response.status) else {
                return try await read(response, until: limit)
            }
            response.cancel()
            guard let location = response.headers.first("Location") else {
                throw FileProblem("is a redirect to nowhere")
            }
            let next = try url.redirected(to: location)
            guard next.host == url.host, next.scheme == url.scheme || next.scheme == "https" else {
                throw FileProblem("redirects to another host, or to plain http")
            }
            url = next
        }
        throw FileProblem("redirects more than \(Self.maxRedirects) times")
    }

    // MARK: Storage

    /// - Parameter path: below `/v1/`.
    func storageRequest(
        _ method: String, _ path: String, _ headers: [(String, String)] = [], body: [UInt8]? = nil
    ) throws(FileProblem) -> HTTPClientRequest {
        guard let base = settings.baseURL else { throw FileProblem("cannot be had: no file storage is configured") }
        var headers = headers
        if let key = identity.credentials.key { headers.append(("Api-Key", key)) }
        if let authorization = identity.credentials.authorization { headers.append(("Authorization", authorization)) }
        headers.append(("X-Request-Id", identity.requestID))
        headers.append(("Accept-Encoding", "identity"))
        if let traceparent = identity.traceparent { headers.append(("traceparent", traceparent)) }
        let root = base.hasSuffix("/") ? String(base.dropLast()) : base
        return HTTPClientRequest(method: method, url: root + "/v1/" + path, headers: headers, body: body?[...])
    }

    func send(
        _ request: HTTPClientRequest, until limit: MonotonicInstant
    ) async throws(FileProblem) -> HTTPClientResponse {
        do throws(HTTPClientError) {
            return try await clients.client(for: loop).send(
                request, connectTimeout: Self.connectTimeout, deadline: limit)
        } catch {
            throw Self.problem(error)
        }
    }

    func read(
        _ response: HTTPClientResponse, until limit: MonotonicInstant
    ) async throws(FileProblem) -> FetchedFile {
        guard response.status == 200 || response.status == 201 else {
            response.cancel()
            switch response.status {
            case 401, 403: throw FileProblem("cannot be had: no access")
            case 404, 410: throw FileProblem("does not exist")
            default: throw FileProblem("cannot be had: the server answers \(response.status)")
            }
        }
        let type = response.headers.first("Content-Type")
        do throws(HTTPClientError) {
            let bytes = try await response.readAll(upTo: settings.maxFile, until: limit)
            return FetchedFile(bytes: bytes, type: type.map(MediaType.bare))
        } catch {
            throw Self.problem(error)
        }
    }

    private static func problem(_ error: HTTPClientError) -> FileProblem {
        switch error {
        case .bodyTooLarge(let limit): FileProblem("has more than \(limit) bytes")
        case .timedOut, .connectTimedOut: FileProblem("was not there in time")
        case .couldNotResolve: FileProblem("is on a host that is not known")
        case .couldNotConnect: FileProblem("is on a host that cannot be reached, or may not be")
        default: FileProblem("cannot be had (\(error.label))")
        }
    }
}

extension FileSettings {
    /// - Parameter host: in lower case.
    func allows(host: String) -> Bool { allowedHosts.contains { NamePattern($0.lowercased()).matches(host) } }
}
