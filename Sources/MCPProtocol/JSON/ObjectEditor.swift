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
        /// Where the next member's name begins; behind the value, for the last member.
        var next: Int

        static let none = Place(name: -1, index: -1, before: 0, start: 0, value: 0..<0, next: 0)
    }

    /// The places in their order: as many as there are names at most, unless something is repeated.
    private struct Places {
        private var first = InlineArray<8, Place>(repeating: .none)
        private var more: [Place] = []
        private(set) var count = 0

        @inline(__always)
        subscript(number: Int) -> Place {
            get { number < first.count ? first[number] : more[number - first.count] }
            set { if number < first.count { first[number] = newValue } else { more[number - first.count] = newValue } }
        }

        @inline(__always)
        mutating func append(_ place: Place) {
            if count < first.count { first[count] = place } else { more.append(place) }
            count += 1
        }

        @inline(__always)
        func last(of name: Int) -> Int? {
            var number = count
            while number > 0 {
                number -= 1
                if self[number].name == name { return number }
            }
            return nil
        }

        func count(of name: Int) -> Int { (0..<count).count { self[$0].name == name } }
    }

    /// More names than anybody has to change in one object.
    static let maxNames = 8

    private let object: RawJSON
    private let names: [String]
    private let places: Places
    /// By the index of the name.
    private var changes = InlineArray<8, Change>(repeating: .keep)
    private let memberCount: Int

    /// - Parameters:
    ///   - object: what is not an object has no members, and stays as it is.
    ///   - names: decoded, each once, at most ``maxNames``; they are meant by their index from then on.
    init(_ object: RawJSON, _ names: [String]) {
        precondition(names.count <= Self.maxNames)
        self.object = object
        self.names = names
        var places = Places()
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
                        places.append(
                            Place(
                                name: name, index: count, before: before, start: start, value: member.value,
                                next: member.value.upperBound))
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
    subscript(name: Int) -> RawJSON? { places.last(of: name).map { object.value(at: places[$0].value) } }

    /// Whether the object has members besides the named ones.
    var hasOthers: Bool { memberCount > places.count }

    /// Whether any of the names is there.
    var hasAny: Bool { places.count > 0 }

    /// Removes the member, all its repetitions included.
    mutating func remove(_ name: Int) { changes[name] = .remove }

    /// Replaces the member's value in place, dropping repetitions, or appends the member; new ones stand in the order of
    /// the names.
    ///
    /// - Parameter value: a valid JSON text.
    mutating func set(_ name: Int, to value: ArraySlice<UInt8>) { changes[name] = .set(value) }

    mutating func set(_ name: Int, to value: [UInt8]) { set(name, to: value[...]) }

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
        for number in 0..<places.count {
            let place = places[number]
            switch changes[place.name] {
            case .keep: continue
            case .set(let value) where places.last(of: place.name) == number:
                copy(upTo: place.value.lowerBound)
                output.append(contentsOf: value)
                position = place.value.upperBound
            case .set, .remove:
                // A member goes with the comma before it; one that nothing is left before, with the comma behind it.
                let isFirst = place.index == removed
                copy(upTo: isFirst ? place.start : place.before)
                position = isFirst ? place.next : place.value.upperBound
                removed += 1
            }
        }
        copy(upTo: bytes.count - 1)
        var needsComma = memberCount > removed
        for name in names.indices {
            guard case .set(let value) = changes[name], places.last(of: name) == nil else { continue }
            if needsComma { output.append(.comma) }
            needsComma = true
            JSONWriter.appendQuoted(names[name], to: &output)
            output.append(.colon)
            output.append(contentsOf: value)
        }
        output.append(.closeBrace)
        return RawJSON(unchecked: output[...])
    }

    private var changesAnything: Bool {
        for name in names.indices {
            switch changes[name] {
            case .keep: continue
            case .remove: if places.last(of: name) != nil { return true }
            case .set(let value):
                guard places.count(of: name) == 1, self[name]?.bytes == value else { return true }
            }
        }
        return false
    }

    /// An upper bound of the bytes that the changes add.
    private var growth: Int {
        var sum = 0
        for name in names.indices {
            if case .set(let value) = changes[name] { sum += value.count + names[name].utf8.count + 4 }
        }
        return sum
    }
}
