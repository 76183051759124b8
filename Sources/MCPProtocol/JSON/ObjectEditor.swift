/// Some members of an object: found in one walk, changed in one copy, every other byte as it was.
///
/// For what is done to every message, where ``RawJSON/replacing(_:)``, which walks once per name, costs too much.
///
/// ```swift
/// var editor = ObjectEditor(result, ["ttlMs", "_meta"])
/// editor.remove(0)
/// return editor.finish()
/// ```
struct ObjectEditor {
    private enum Change {
        case keep, remove
        case set(ArraySlice<UInt8>)
    }

    /// One appearance of one of the names; offsets from the object's first byte.
    private struct Place {
        let name: Int
        /// Which of the object's members it is.
        let index: Int
        /// Behind the member before it, or behind the opening brace.
        let before: Int
        /// The quote that begins its name.
        let start: Int
        let value: Range<Int>
        /// Where the next member's name begins; `nil` for the last member.
        var next: Int?
    }

    private let object: RawJSON
    private let names: [String]
    private let places: [Place]
    /// By the index of the name; empty until there is a change.
    private var changes: [Change] = []
    private let memberCount: Int

    /// - Parameters:
    ///   - object: what is not an object has no members, and stays as it is.
    ///   - names: decoded, each once; they are meant by their index from then on.
    init(_ object: RawJSON, _ names: [String]) {
        self.object = object
        self.names = names
        var places: [Place] = []
        var count = 0
        if object.kind == .object {
            object.bytes.withUnsafeBufferPointer { buffer in
                guard var scanner = JSONScanner(buffer) else { return }
                scanner.enterContainer()
                var before = scanner.position
                var awaitsNext = false
                while let member = scanner.nextMember() {
                    let start = member.key.lowerBound - 1
                    if awaitsNext {
                        places[places.count - 1].next = start
                        awaitsNext = false
                    }
                    if let name = Self.index(of: member, in: names, scanner) {
                        if places.isEmpty { places.reserveCapacity(names.count) }
                        places.append(
                            Place(name: name, index: count, before: before, start: start, value: member.value))
                        awaitsNext = true
                    }
                    count += 1
                    before = member.value.upperBound
                }
            }
        }
        self.places = places
        memberCount = count
    }

    @inline(__always)
    private static func index(of member: JSONMemberRange, in names: [String], _ scanner: JSONScanner) -> Int? {
        for index in names.indices {
            // Lengths tell most names apart; behind an escape they say nothing.
            guard member.keyIsEscaped || names[index].utf8.count == member.key.count else { continue }
            var name = names[index]
            if name.withUTF8({ scanner.key(of: member, is: $0) }) { return index }
        }
        return nil
    }

    /// The value as it was given; of a repeated member the last one. `nil` when there is none.
    subscript(name: Int) -> RawJSON? { places.last { $0.name == name }.map { object.value(at: $0.value) } }

    /// Whether the object has members besides the named ones.
    var hasOthers: Bool { memberCount > places.count }

    /// Whether any of the names is there.
    var hasAny: Bool { !places.isEmpty }

    /// Removes the member, all its repetitions included.
    mutating func remove(_ name: Int) { change(name, .remove) }

    /// Replaces the member's value in place, dropping repetitions, or appends the member; new ones stand in the order of
    /// the names.
    ///
    /// - Parameter value: a valid JSON text.
    mutating func set(_ name: Int, to value: ArraySlice<UInt8>) { change(name, .set(value)) }

    mutating func set(_ name: Int, to value: [UInt8]) { change(name, .set(value[...])) }

    private mutating func change(_ name: Int, _ change: Change) {
        if changes.isEmpty { changes = [Change](repeating: .keep, count: names.count) }
        changes[name] = change
    }

    /// The object with its changes; itself, uncopied, when there are none.
    func finish() -> RawJSON {
        guard object.kind == .object, changesAnything else { return object }
        let bytes = object.bytes
        let first = bytes.startIndex
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + growth)
        var position = 0
        func copy(upTo end: Int) { output.append(contentsOf: bytes[(first + position)..<(first + end)]) }
        var removed = 0
        for (number, place) in places.enumerated() {
            switch changes[place.name] {
            case .keep: continue
            case .set(let value) where isLast(number):
                copy(upTo: place.value.lowerBound)
                output.append(contentsOf: value)
                position = place.value.upperBound
            case .set, .remove:
                // A member goes with the comma before it; one that nothing is left before, with the comma behind it.
                let isFirst = place.index == removed
                copy(upTo: isFirst ? place.start : place.before)
                position = isFirst ? place.next ?? place.value.upperBound : place.value.upperBound
                removed += 1
            }
        }
        copy(upTo: bytes.count - 1)
        var needsComma = memberCount > removed
        for (name, change) in changes.enumerated() {
            guard case .set(let value) = change, !places.contains(where: { $0.name == name }) else { continue }
            if needsComma { output.append(.comma) }
            needsComma = true
            JSONWriter.appendQuoted(names[name], to: &output)
            output.append(.colon)
            output.append(contentsOf: value)
        }
        output.append(.closeBrace)
        return RawJSON(unchecked: output[...])
    }

    private func isLast(_ number: Int) -> Bool {
        !places[(number + 1)...].contains { $0.name == places[number].name }
    }

    private var changesAnything: Bool {
        for (name, change) in changes.enumerated() {
            let count = places.count { $0.name == name }
            switch change {
            case .keep: continue
            case .remove: if count > 0 { return true }
            case .set(let value): if count != 1 || self[name]?.bytes != value { return true }
            }
        }
        return false
    }

    /// An upper bound of the bytes that the changes add.
    private var growth: Int {
        var sum = 0
        for (name, change) in changes.enumerated() {
            if case .set(let value) = change { sum += value.count + names[name].utf8.count + 4 }
        }
        return sum
    }
}
