import Configuration
import Crypto
import MCPProtocol

/// What a server is remembered by: a digest of how it is reached, from which that cannot be read.
///
/// Values of variables and headers have no part in it: they are often secrets, and a new one makes no other server.
/// - SeeAlso: PROTOCOL.md, 5.4 (URL and configuration) and 5.5 (command, arguments, names of variables).
struct EraKey: Hashable, Sendable {
    let text: String

    /// - Returns: `nil` for a server whose era is configured, so that there is nothing to remember.
    init?(_ server: ServerConfiguration) throws(CryptoError) {
        guard server.protocolEra == .auto else { return nil }
        var description = JSONWriter()
        description.beginArray()
        switch server.transport {
        case .stdio(let command, let arguments, let environment, let workingDirectory):
            description.string("stdio")
            description.string(command)
            Self.append(arguments, to: &description)
            Self.append(environment.map(\.name).sorted(), to: &description)
            description.string(workingDirectory ?? "")
        case .http(_, _, .sse): return nil
        case .http(let url, let headers, let kind):
            description.string("http")
            description.string(url)
            Self.append(headers.map { $0.name.lowercased() }.sorted(), to: &description)
            description.string(kind.rawValue)
        }
        description.endArray()
        text = Base64URL.encode(try SHA256.digest(of: description.finish()))
    }

    /// A key that a file has.
    ///
    /// - Returns: `nil` for a text that is none.
    init?(text: String) {
        guard let digest = Base64URL.decode(Array(text.utf8)), digest.count == SHA256.digestSize else { return nil }
        self.text = text
    }

    private static func append(_ texts: [String], to writer: inout JSONWriter) {
        writer.beginArray()
        for text in texts { writer.string(text) }
        writer.endArray()
    }
}
