/// A part of a value's bytes and what stands there instead.
struct JSONEdit {
    /// Indices of the buffer the value is a slice of, such as another slice's `startIndex ..< endIndex`.
    let range: Range<Int>
    let replacement: [UInt8]

    init(_ value: RawJSON, _ replacement: [UInt8]) {
        self.init(value.bytes.indices, replacement)
    }

    init(_ range: Range<Int>, _ replacement: [UInt8]) {
        self.range = range
        self.replacement = replacement
    }
}

extension RawJSON {
    /// This value with some of its parts replaced and every other byte as it was; itself when there are no edits.
    ///
    /// - Parameter edits: parts found inside this very value, in any order, not overlapping.
    func applying(_ edits: [JSONEdit]) -> RawJSON {
        guard !edits.isEmpty else { return self }
        var output: [UInt8] = []
        output.reserveCapacity(edits.reduce(bytes.count) { $0 + $1.replacement.count })
        var position = bytes.startIndex
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            assert(edit.range.lowerBound >= position && edit.range.upperBound <= bytes.endIndex)
            guard edit.range.lowerBound >= position, edit.range.upperBound <= bytes.endIndex else { continue }
            output.append(contentsOf: bytes[position..<edit.range.lowerBound])
            output.append(contentsOf: edit.replacement)
            position = edit.range.upperBound
        }
        output.append(contentsOf: bytes[position...])
        return RawJSON(unchecked: output[...])
    }
}
