import Crypto
import MCPProtocol

/// Where in which generation of the catalogue a list goes on.
///
/// Opaque to clients, and sealed: one that this process did not make is none.
struct ListCursor: Equatable {
    let kind: ListKind
    let generation: UInt64
    let offset: Int

    private static let purpose = "cursor"
    private static let kinds: [ListKind] = [.tools, .resources, .resourceTemplates, .prompts]

    init(kind: ListKind, generation: UInt64, offset: Int) {
        self.kind = kind
        self.generation = generation
        self.offset = offset
    }

    func sealed(with key: MessageAuthenticationKey) -> String {
        let kind = UInt8(Self.kinds.firstIndex(of: kind) ?? 0)
        let offset = UInt64(max(0, offset))
        return key.seal(payload: [kind] + generation.bigEndianBytes + offset.bigEndianBytes, purpose: Self.purpose)
    }

    /// - Returns: `nil` for anything that ``sealed(with:)`` did not make with this key.
    init?(_ text: String, sealedWith key: MessageAuthenticationKey) {
        guard let payload = key.open(text, purpose: Self.purpose), payload.count == 17,
            Self.kinds.indices ~= Int(payload[0]),
            let offset = Int(exactly: UInt64(bigEndianBytes: payload[9..<17]))
        else { return nil }
        self.init(
            kind: Self.kinds[Int(payload[0])], generation: UInt64(bigEndianBytes: payload[1..<9]), offset: offset)
    }
}

extension UInt64 {
    fileprivate var bigEndianBytes: [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> UInt64($0)) }
    }

    fileprivate init(bigEndianBytes bytes: ArraySlice<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
