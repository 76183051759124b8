import MCPProtocol

/// The descriptions of late, so that a request like one before is not taken apart again.
struct KnownDescriptions {
    private struct Text: Hashable {
        let bytes: ArraySlice<UInt8>

        static func == (left: Text, right: Text) -> Bool {
            left.bytes.withUnsafeBufferPointer { left in
                right.bytes.withUnsafeBufferPointer { left.isSame(as: $0) }
            }
        }

        // Of all bytes at once: an array of bytes would be hashed one by one.
        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private var clients: [Text: DescribedClient] = [:]
    /// The one found last: to compare two texts takes a tenth of the time that it takes to hash one.
    private var last: DescribedClient?
    private let limit: Int
    /// Longer ones are not kept: few are, and they may be of any length.
    private static let maxBytes = 4096

    /// - Parameter limit: how many are kept.
    init(limit: Int) { self.limit = limit }

    var count: Int { clients.count }

    /// - Parameter meta: a `_meta` that an object has once.
    mutating func client(describedAs meta: RawJSON) -> DescribedClient? {
        guard meta.bytes.count <= Self.maxBytes else { return nil }
        let text = Text(bytes: meta.bytes)
        if last.map({ Text(bytes: $0.members.text.bytes) == text }) != true { last = clients[text] }
        guard let client = last else { return nil }
        guard !client.partition.hasEnded else {
            (clients[text], last) = (nil, nil)
            return nil
        }
        return client
    }

    /// Whether a description may be one of many alike.
    static func mayKeep(_ members: RequestMeta.Members) -> Bool {
        members.isOfClientAlone && members.text.bytes.count <= maxBytes
    }

    /// - Precondition: ``mayKeep(_:)``, and the description is in memory of its own.
    mutating func keep(_ client: DescribedClient) {
        if clients.count >= limit { clients = clients.filter { !$0.value.partition.hasEnded } }
        if clients.count >= limit { clients = [:] }
        clients[Text(bytes: client.members.text.bytes)] = client
    }

    mutating func forget(_ partition: FrontSession) {
        clients = clients.filter { $0.value.partition !== partition }
        last = nil
    }
}
