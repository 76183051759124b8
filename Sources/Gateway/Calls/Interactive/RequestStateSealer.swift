import Crypto
import Glibc
import MCPProtocol

/// Makes and checks ``RequestState``: `gw1.` payload `.` HMAC-SHA-256, both in Base64 for URLs.
///
/// Gateways with the same key take each other's.
struct RequestStateSealer: Sendable {
    /// The first signs; the others are good for what was signed before they were replaced.
    private let keys: [(id: String, key: MessageAuthenticationKey)]
    /// How long a state is good.
    let lifetime: Duration
    /// Names this process: a parked call can only be found where it was made.
    let keeper: String

    private static let prefix = "gw1."

    /// - Parameter secrets: the newest first; none: a key that is good for this process.
    init(secrets: [[UInt8]], lifetime: Duration) throws(CryptoError) {
        var keys: [(id: String, key: MessageAuthenticationKey)] = []
        for secret in secrets.isEmpty ? [try RandomBytes.make(MessageAuthenticationKey.randomSize)] : secrets {
            let id = Base64URL.encode(Array(try SHA256.digest(of: secret).prefix(6)))
            keys.append((id, try MessageAuthenticationKey(bytes: secret)))
        }
        self.keys = keys
        self.lifetime = lifetime
        keeper = Base64URL.encode(try RandomBytes.make(9))
    }

    /// When a state that is made now ends, in seconds since 1970. Not before its lifetime is over: of that and of the
    /// present the parts of a second are not known here.
    func expiry(now: Int = time(nil)) -> Int64 { Int64(now) + lifetime.components.seconds + 2 }

    func seal(_ state: RequestState) -> String {
        let (id, key) = keys[0]
        let payload = state.encode(keyID: id)
        return Self.prefix + Base64URL.encode(payload) + "."
            + Base64URL.encode(key.code(for: Array(Self.prefix.utf8) + payload))
    }

    /// What is wrong with a state that a client gave back, in words fit for it.
    struct Refusal: Error {
        let reason: String
    }

    /// - Parameters:
    ///   - principal: who sends it.
    ///   - affinity: of the request it came with, as are the params.
    /// - Throws: why it is not good for this request; which of the possible reasons an altered one has is not told.
    func open(
        _ text: String, principal: String, method: String, target: String, affinity: String?, params: RawJSON?,
        now: Int = time(nil)
    ) throws(Refusal) -> RequestState {
        guard let state = verified(text) else {
            throw Refusal(reason: "was not made by this gateway, or was altered")
        }
        guard state.expiry > Int64(now) else { throw Refusal(reason: "has expired; call again") }
        let digest: String
        do throws(CryptoError) {
            digest = try RequestState.digest(of: params)
        } catch {
            throw Refusal(reason: "cannot be checked: \(error)")
        }
        guard state.principal == principal, state.method == method, state.target == target, state.digest == digest
        else { throw Refusal(reason: "belongs to another request") }
        // Whoever answers has to be who was asked.
        guard state.affinity == affinity else {
            throw Refusal(reason: "belongs to a request with another _meta[\"\(MetaKey.affinity)\"], or with none")
        }
        return state
    }

    private func verified(_ text: String) -> RequestState? {
        guard text.utf8.starts(with: Self.prefix.utf8) else { return nil }
        let rest = Array(text.utf8)[Self.prefix.utf8.count...]
        guard let dot = rest.firstIndex(of: UInt8(ascii: ".")), let payload = Base64URL.decode(rest[..<dot]),
            let code = Base64URL.decode(rest[(dot + 1)...])
        else { return nil }
        let signed = Array(Self.prefix.utf8) + payload
        // All keys are tried, so that the time tells nothing; there are few.
        let isOurs = keys.reduce(false) { $1.key.verify(code, for: signed) || $0 }
        guard isOurs else { return nil }
        do throws(JSONError) {
            return RequestState(payload: try RawJSON(validating: payload))
        } catch {
            return nil  // Signed by us, but not by this version.
        }
    }
}
