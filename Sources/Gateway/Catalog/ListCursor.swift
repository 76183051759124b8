/// Where in which generation of the catalogue a list goes on. Opaque to clients.
struct ListCursor: Equatable {
    let generation: UInt64
    let offset: Int

    var encoded: String { "g\(generation).\(offset)" }

    init(generation: UInt64, offset: Int) {
        self.generation = generation
        self.offset = offset
    }

    /// `nil` for anything that ``encoded`` cannot have made.
    init?(_ text: String) {
        let parts = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        guard text.hasPrefix("g"), parts.count == 2, let generation = UInt64(parts[0]), let offset = Int(parts[1]),
            offset > 0
        else { return nil }
        self.init(generation: generation, offset: offset)
    }
}
