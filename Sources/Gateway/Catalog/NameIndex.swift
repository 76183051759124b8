/// Finds tools, or prompts, by name.
struct NameIndex: Sendable {
    private var byName: [String: Int] = [:]
    /// By the name their server gives them; of use where it is unambiguous.
    private var byOriginal: [String: [Int]] = [:]

    init(_ items: [some CatalogItem]) {
        byName.reserveCapacity(items.count)
        byOriginal.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            byName[item.exposedKey] = index
            byOriginal[item.originalKey, default: []].append(index)
        }
    }

    /// The one a client means: by its exposed name, else by its original name where only one server has it (a UI
    /// resource of a server knows only the server's own names).
    func index(of name: String) -> Int? {
        if let index = byName[name] { return index }
        guard let indexes = byOriginal[name], indexes.count == 1 else { return nil }
        return indexes.first
    }

    /// Names of `items` that a client may have meant, nearest first, at most five.
    static func names(of items: [some CatalogItem], like name: String) -> [String] {
        let wanted = name.lowercased()
        let scored = items.compactMap { item -> (name: String, distance: Int)? in
            let exposed = item.exposedKey.lowercased()
            let original = item.originalKey.lowercased()
            if original == wanted || exposed.contains(wanted) || wanted.contains(original) {
                return (item.exposedKey, 0)
            }
            let limit = max(2, wanted.count / 3)
            let distance = min(
                EditDistance.between(wanted, exposed, atMost: limit),
                EditDistance.between(wanted, original, atMost: limit))
            return distance <= limit ? (item.exposedKey, distance) : nil
        }
        return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(5).map(\.name)
    }
}
