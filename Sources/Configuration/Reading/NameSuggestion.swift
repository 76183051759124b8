/// "Did you mean": the known name nearest to a mistyped one.
package enum NameSuggestion {
    /// The closest of `candidates`, or `nil` when none is close enough to be meant. Case and `_ -` do not count.
    package static func nearest(to name: String, among candidates: [String]) -> String? {
        // Whatever is longer is not a mistyped key, and the distance is quadratic.
        guard name.utf8.count <= 64 else { return nil }
        let word = folded(name)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let other = folded(candidate)
            // A third of the letters may be wrong; in short words one.
            let limit = max(1, min(word.count, other.count) / 3)
            guard abs(word.count - other.count) <= limit else { continue }
            let distance = Self.distance(word, other)
            guard distance <= limit else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        return best?.name
    }

    private static func folded(_ name: String) -> [UInt8] {
        name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
    }

    /// Insertions, removals, replacements and swaps of neighbours that turn one word into the other.
    package static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a == b ? 0 : 1))
                if i > 0, j > 0, a == right[j - 1], left[i - 1] == b { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[right.count]
    }
}
