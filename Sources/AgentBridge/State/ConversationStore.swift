import AsyncIO
import Synchronization

/// Keeps the hidden part of conversations for callers who do not bring it back: by conversation and visible answer.
final class ConversationStore: Sendable {
    private struct Conversation {
        /// By the text the caller saw.
        var answers: [String: StoredState] = [:]
        var lastUse: MonotonicInstant
    }

    static let lifetime = Duration.seconds(3600)
    static let maxConversations = 10_000
    static let maxAnswers = 200

    private let conversations = Mutex<[String: Conversation]>([:])

    func keep(_ state: StoredState, visible: String, conversation: String, now: MonotonicInstant = .now) {
        conversations.withLock { conversations in
            if conversations[conversation] == nil, conversations.count >= Self.maxConversations {
                let limit = now.before(Self.lifetime)
                conversations = conversations.filter { $0.value.lastUse > limit }
                if conversations.count >= Self.maxConversations,
                    let oldest = conversations.min(by: { $0.value.lastUse < $1.value.lastUse })
                {
                    conversations[oldest.key] = nil
                }
            }
            var known = conversations[conversation] ?? Conversation(lastUse: now)
            known.lastUse = now
            if known.answers.count < Self.maxAnswers { known.answers[visible] = state }
            conversations[conversation] = known
        }
    }

    func state(visible: String, conversation: String, now: MonotonicInstant = .now) -> StoredState? {
        conversations.withLock { conversations in
            guard let known = conversations[conversation], known.lastUse > now.before(Self.lifetime) else { return nil }
            conversations[conversation]?.lastUse = now
            return known.answers[visible]
        }
    }
}
