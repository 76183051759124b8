/// Ids of calls in the order in which they ended. Any may be forgotten early, without a search through the others.
struct EndedCalls {
    /// Those forgotten early leave a hole.
    private var order: [String?] = []
    /// Holes only come before this.
    private var start = 0
    private var places: [String: Int] = [:]

    var count: Int { places.count }
    /// With the holes.
    var heldPlaces: Int { order.count }

    func contains(_ id: String) -> Bool { places[id] != nil }

    /// - Precondition: it is not among them.
    mutating func append(_ id: String) {
        // Each pass over the holes is paid for by as many that were forgotten.
        if order.count > 32, order.count > 2 * places.count { close() }
        places[id] = order.count
        order.append(id)
    }

    /// - Returns: whether it was among them.
    mutating func remove(_ id: String) -> Bool {
        guard let place = places.removeValue(forKey: id) else { return false }
        order[place] = nil
        if places.isEmpty { (order, start) = ([], 0) }
        return true
    }

    mutating func removeOldest() -> String? {
        while start < order.count {
            defer { start += 1 }
            guard let id = order[start] else { continue }
            order[start] = nil
            places[id] = nil
            return id
        }
        return nil
    }

    private mutating func close() {
        order = order.filter { $0 != nil }
        start = 0
        for (place, id) in order.enumerated() { if let id { places[id] = place } }
    }
}
