/// The snapshots that those of one variant, or everybody, have seen: the present one, and those they may be paging through.
struct SnapshotLine {
    /// How many snapshots later a list can still be paged through.
    static let keptGenerations = 8

    /// `nil` while it has to be made anew.
    private(set) var current: CatalogSnapshot?
    private var earlier: [(number: UInt64, snapshot: CatalogSnapshot)] = []
    private var number: UInt64 = 0

    mutating func replace(with snapshot: CatalogSnapshot) {
        invalidate()
        current = snapshot
        number += 1
        earlier.removeAll { $0.number + UInt64(Self.keptGenerations) < number }
    }

    /// Its lists are no longer these.
    mutating func invalidate() {
        if let current, current.isPaged { earlier.append((number, current)) }
        current = nil
    }

    var isEmpty: Bool { current == nil && earlier.isEmpty }

    func snapshot(generation: UInt64) -> CatalogSnapshot? {
        if let current, current.generation == generation { return current }
        return earlier.first { $0.snapshot.generation == generation }?.snapshot
    }
}
