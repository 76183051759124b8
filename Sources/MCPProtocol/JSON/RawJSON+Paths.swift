extension RawJSON {
    /// This object with some members, at any depth, changed and every other byte as it was: see
    /// ``replacingMembers(_:)``.
    ///
    /// A value replaces the old one in place, or is appended when there was none; objects missing on the way to it are
    /// made, and what is not an object there gives way to one. `nil` removes the member. Changes count in their order.
    /// A value that is not an object is returned as it is, and so is one in which nothing changes.
    ///
    /// - Parameter changes: member names from here inwards, decoded, and values, which must be valid JSON texts. A change
    ///   with an empty path is passed over.
    package func replacing(_ changes: [(path: [String], value: [UInt8]?)]) -> RawJSON {
        guard kind == .object else { return self }
        var members: [(name: String, old: RawJSON?, new: RawJSON?)] = []
        for change in changes {
            guard let name = change.path.first else { continue }
            let index: Int
            if let known = members.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
                index = known
            } else {
                index = members.count
                let old = member(name)
                members.append((name, old, old))
            }
            if change.path.count == 1 {
                members[index].new = change.value.map { RawJSON(unchecked: $0[...]) }
            } else {
                let inner = [(path: Array(change.path.dropFirst()), value: change.value)]
                if let object = members[index].new, object.kind == .object {
                    members[index].new = object.replacing(inner)
                } else if change.value != nil {
                    members[index].new = RawJSON.emptyObject.replacing(inner)
                }
            }
        }
        let changed = members.filter { $0.old != $0.new }
        if changed.isEmpty { return self }
        return RawJSON(
            unchecked: replacingMembers(changed.map { (name: $0.name, value: $0.new.map { Array($0.bytes) }) })[...])
    }
}
