/// Changes texts of a corpus at random, the same way for the same seed.
struct Mutator {
    private var state: UInt64
    private let corpus: [[UInt8]]
    private static let alphabet = Array("{}[]\",:\\ud8Dc0019eE+-.tfn truefalsenull\n\t /*\u{e9}\u{20ac}".utf8)

    init(seed: UInt64, corpus: [[UInt8]]) {
        // Far from a multiple of the generator's own step, or two seeds would give one sequence, shifted.
        state = (seed &+ 1) &* 0xD129_0D3C_6B5A_F1E3
        self.corpus = corpus
    }

    /// SplitMix64.
    mutating func random(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(max(bound, 1)))
    }

    mutating func next() -> [UInt8] {
        var text = corpus[random(below: corpus.count)]
        for _ in 0..<(1 + random(below: 3)) { mutate(&text) }
        return text
    }

    private mutating func mutate(_ text: inout [UInt8]) {
        let position = random(below: text.count + 1)
        switch random(below: 8) {
        case 0 where position < text.count: text.remove(at: position)
        case 1, 2: text.insert(Self.alphabet[random(below: Self.alphabet.count)], at: position)
        case 3 where position < text.count: text[position] = Self.alphabet[random(below: Self.alphabet.count)]
        case 4 where position < text.count: text[position] = UInt8(random(below: 256))
        case 5: text.removeSubrange(position..<min(text.count, position + random(below: 6)))
        case 6 where position < text.count:
            // Repeat a part, which may make members appear twice.
            let part = Array(text[position..<min(text.count, position + random(below: 20))])
            text.insert(contentsOf: part, at: position)
        case 7:
            let other = corpus[random(below: corpus.count)]
            text.insert(contentsOf: other.prefix(200), at: position)
        default: text.append(Self.alphabet[random(below: Self.alphabet.count)])
        }
    }
}
