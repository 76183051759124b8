import Crypto
import MCPProtocol

/// What a client of 2026-07-28 gives back with its answers: which call they belong to (MCP 2026-07-28, "Multi Round-Trip
/// Requests").
///
/// Signed, not secret. It is good for one request by one principal, for a while.
struct RequestState: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// The server keeps the call in its own state, which is given back to it as it was; `nil`: it gave none.
        case relay(serverState: String?)
        /// The call is in progress at its server, here: by its id, and by who keeps it. Where it may be made again elsewhere,
        /// also what was asked, by key: see ``RecalledAnswers/digest(of:)``.
        case parked(id: String, keeper: String, asked: [String: String] = [:])
        /// The call has ended; it is made again once its user has visited the URLs under these keys. Of the visits under
        /// these ids its server says when they are over.
        case visit(keys: [String], elicitations: [String] = [])
    }

    let kind: Kind
    let server: String
    let principal: String
    let method: String
    /// Tool or prompt by the client's name, or URI.
    let target: String
    /// Of the request: see ``MCPProtocol/RequestMeta/affinity``.
    let affinity: String?
    /// Of the params that must be the same: see ``digest(of:)``.
    let digest: String
    /// Seconds since 1970.
    let expiry: Int64
    /// How many times the call has asked.
    let round: Int64

    /// SHA-256 of the params without what differs from one round to the next. The order of members does not count, as
    /// clients write a request anew each time.
    static func digest(of params: RawJSON?) throws(CryptoError) -> String {
        var members: [JSONObject.Member] = []
        params?.forEachMember { key, value in
            if !varying.contains(where: key.matches) {
                members.append(.init(name: key.string, value: JSONValue(value)))
            }
            return true
        }
        let text = JSONValue.object(JSONObject(members: members)).canonical.serialized()
        return Base64URL.encode(try SHA256.digest(of: text))
    }

    private static let varying = ["_meta", "inputResponses", "requestState"]
}

extension RequestState {
    /// As compact JSON with short names: it travels with every round.
    func encode(keyID: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        func write(_ name: String, _ value: String) {
            writer.key(name)
            writer.string(value)
        }
        func write(_ name: String, _ values: [String]) {
            writer.key(name)
            writer.beginArray()
            for value in values { writer.string(value) }
            writer.endArray()
        }
        switch kind {
        case .relay(let state):
            write("k", "R")
            if let state { write("s", state) }
        case .parked(let id, let keeper, let asked):
            write("k", "P")
            write("i", id)
            write("o", keeper)
            guard !asked.isEmpty else { break }
            writer.key("d")
            writer.beginObject()
            for (key, digest) in asked.sorted(by: { $0.key < $1.key }) { write(key, digest) }
            writer.endObject()
        case .visit(let keys, let elicitations):
            write("k", "U")
            write("q", keys)
            if !elicitations.isEmpty { write("v", elicitations) }
        }
        write("kid", keyID)
        write("u", server)
        write("p", principal)
        write("m", method)
        write("n", target)
        if let affinity { write("f", affinity) }
        write("a", digest)
        writer.key("e")
        writer.integer(expiry)
        writer.key("r")
        writer.integer(round)
        writer.endObject()
        return writer.finish()
    }

    /// - Returns: `nil` for a payload that ``encode(keyID:)`` of this version does not make.
    init?(payload: RawJSON) {
        let members = Dictionary(payload.members.map { ($0.name, $0.value) }) { _, last in last }
        func text(_ name: String) -> String? { members[name]?.stringValue }
        switch text("k") {
        case "R": kind = .relay(serverState: text("s"))
        case "P":
            guard let id = text("i"), let keeper = text("o") else { return nil }
            var asked: [String: String] = [:]
            for (key, digest) in members["d"]?.members ?? [] { asked[key] = digest.stringValue }
            kind = .parked(id: id, keeper: keeper, asked: asked)
        case "U":
            guard let keys = members["q"], keys.kind == .array else { return nil }
            kind = .visit(
                keys: keys.elements.compactMap(\.stringValue),
                elicitations: members["v"]?.elements.compactMap(\.stringValue) ?? [])
        default: return nil
        }
        guard let server = text("u"), let principal = text("p"), let method = text("m"), let target = text("n"),
            let digest = text("a"), let expiry = members["e"]?.intValue,
            let round = members["r"]?.intValue
        else { return nil }
        self.server = server
        self.principal = principal
        self.method = method
        self.target = target
        affinity = text("f")
        self.digest = digest
        self.expiry = expiry
        self.round = round
    }
}
