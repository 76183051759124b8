import Synchronization

/// The keys a caller came with. Never stored, never logged. A run that waited for a person goes on with those of the
/// request that brought the answer: a platform's are good for one request only.
final class CallerCredentials: Sendable {
    private struct Keys {
        var key: String?
        var authorization: String?
    }

    private let keys: Mutex<Keys>

    init(key: String? = nil, authorization: String? = nil) {
        keys = Mutex(Keys(key: key, authorization: authorization))
    }

    var key: String? { keys.withLock { $0.key } }
    var authorization: String? { keys.withLock { $0.authorization } }

    func replace(with other: CallerCredentials) {
        let new = other.keys.withLock { $0 }
        keys.withLock { $0 = new }
    }
}
