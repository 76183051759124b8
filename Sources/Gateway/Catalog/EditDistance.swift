/// How many insertions, deletions and replacements of characters lie between two names.
enum EditDistance {
    /// - Returns: the distance, or something above `limit` once it is known to be that.
    static func between(_ left: String, _ right: String, atMost limit: Int) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        guard abs(left.count - right.count) <= limit else { return limit + 1 }
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for (column, other) in right.enumerated() {
                current.append(
                    min(previous[column + 1] + 1, current[column] + 1, previous[column] + (byte == other ? 0 : 1)))
            }
            if current.min().map({ $0 > limit }) == true { return limit + 1 }
            previous = current
        }
        return previous[right.count]
    }
}
