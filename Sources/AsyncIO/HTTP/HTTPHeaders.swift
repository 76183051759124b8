/// Header fields in the order they were sent or added. Names compare without regard to case.
///
/// The fields of a received message share one copy of its bytes; a `String` is made only for what is asked for.
package struct HTTPHeaders: Sendable {
    /// Where one field lies in `bytes`.
    struct Location: Sendable {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32

        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
        var nameCount: Int { Int(nameEnd &- nameStart) }
    }

    /// Everything the locations point into. A received head lies here whole, its first line too.
    private(set) var bytes: [UInt8]
    private(set) var locations: [Location]

    package init() {
        bytes = []
        locations = []
    }

    /// - Parameter locations: in ascending order, inside `bytes`.
    init(bytes: [UInt8], locations: [Location]) {
        self.bytes = bytes
        self.locations = locations
    }

    /// The number of fields; a name that occurs twice counts twice.
    package var count: Int { locations.count }

    package var isEmpty: Bool { locations.isEmpty }

    // MARK: Looking up

    /// The value of the first field of this name.
    package func first(_ name: String) -> String? {
        guard let location = firstLocation(name) else { return nil }
        return text(location.value)
    }

    /// The value of the first field of this name, without making a `String`.
    package func firstBytes(_ name: String) -> ArraySlice<UInt8>? {
        guard let location = firstLocation(name) else { return nil }
        return bytes[location.value]
    }

    /// The values of all fields of this name, in order. Lists inside one value are not taken apart.
    package func all(_ name: String) -> [String] {
        var values: [String] = []
        for location in locations where matches(location, name) { values.append(text(location.value)) }
        return values
    }

    /// How many fields have this name, and the value of the first, without making a `String`.
    package func count(of name: String) -> (count: Int, first: ArraySlice<UInt8>?) {
        var (count, first): (Int, Location?) = (0, nil)
        var name = name
        name.withUTF8 { wanted in
            for location in locations where location.nameCount == wanted.count {
                guard Self.equalIgnoringCase(bytes.span, location.name, wanted) else { continue }
                if first == nil { first = location }
                count += 1
            }
        }
        return (count, first.map { bytes[$0.value] })
    }

    /// All fields whose names begin with this, in order.
    package func fields(namedLike prefix: String) -> [HTTPField] {
        var fields: [HTTPField] = []
        var prefix = prefix
        prefix.withUTF8 { wanted in
            for location in locations where location.nameCount >= wanted.count {
                let start = location.name.lowerBound
                guard Self.equalIgnoringCase(bytes.span, start..<(start + wanted.count), wanted) else { continue }
                fields.append(HTTPField(name: text(location.name), value: text(location.value)))
            }
        }
        return fields
    }

    package func contains(_ name: String) -> Bool { firstLocation(name) != nil }

    // MARK: Changing

    /// Adds a field after the others.
    ///
    /// A value can never start another field: CR, LF, NUL and other control characters in it become spaces
    /// (RFC 9110, section 5.5), and white space around it is removed.
    /// - Returns: `false`, and nothing is added, if `name` is not a token of RFC 9110, section 5.6.2.
    @discardableResult
    package mutating func add(_ name: String, _ value: String) -> Bool {
        append(name, value)
    }

    /// ``add(_:_:)-(String,String)`` for a value that exists as bytes.
    @discardableResult
    package mutating func add(_ name: String, _ value: ArraySlice<UInt8>) -> Bool {
        value.withUnsafeBufferPointer { append(name, $0) }
    }

    /// Removes every field of this name, then adds one. The rules of ``add(_:_:)-(String,String)`` hold.
    @discardableResult
    package mutating func set(_ name: String, _ value: String) -> Bool {
        remove(name)
        return append(name, value)
    }

    package mutating func remove(_ name: String) {
        guard contains(name) else { return }
        let kept = locations.filter { !matches($0, name) }
        locations = kept
    }

    private mutating func append(_ name: String, _ value: String) -> Bool {
        var value = value
        return value.withUTF8 { append(name, $0) }
    }

    private mutating func append(_ name: String, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
        var name = name
        return name.withUTF8 { append($0, value) }
    }

    private mutating func append(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
        let nameStart = bytes.count
        guard !name.isEmpty, name.allSatisfy(\.isTokenByte) else { return false }
        guard nameStart + name.count + value.count <= Int(UInt32.max) else { return false }
        if bytes.isEmpty {
            bytes.reserveCapacity(128)
            locations.reserveCapacity(4)
        }
        bytes.append(contentsOf: name)
        let nameEnd = bytes.count
        bytes.append(contentsOf: value)
        var start = nameEnd
        var end = bytes.count
        for (offset, byte) in value.enumerated() where !byte.isFieldValueByte { bytes[nameEnd + offset] = .space }
        while start < end, bytes[start].isBlank { start += 1 }
        while end > start, bytes[end - 1].isBlank { end -= 1 }
        locations.append(
            Location(
                nameStart: UInt32(nameStart), nameEnd: UInt32(nameEnd), valueStart: UInt32(start),
                valueEnd: UInt32(end)))
        return true
    }

    // MARK: Inside

    private func firstLocation(_ name: String) -> Location? {
        var name = name
        return name.withUTF8 { wanted in
            for location in locations where location.nameCount == wanted.count {
                if Self.equalIgnoringCase(bytes.span, location.name, wanted) { return location }
            }
            return nil
        }
    }

    private func matches(_ location: Location, _ name: String) -> Bool {
        location.nameCount == name.utf8.count && equalsIgnoringCase(location.name, name)
    }

    func equalsIgnoringCase(_ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var text = text
        return text.withUTF8 { Self.equalIgnoringCase(bytes.span, range, $0) }
    }

    /// Eight bytes at a time, as every request's and answer's names are compared with a dozen others.
    ///
    /// - Parameter wanted: as many bytes as the range has.
    @inline(__always)
    private static func equalIgnoringCase(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ wanted: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let (ours, theirs) = (bytes.bytes, UnsafeRawBufferPointer(wanted))
        var index = 0
        while index + 8 <= theirs.count {
            let our = ours.unsafeLoadUnaligned(fromByteOffset: range.lowerBound + index, as: UInt64.self)
            let their = theirs.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard our.asciiLowercased == their.asciiLowercased else { return false }
            index += 8
        }
        while index < wanted.count {
            guard bytes[range.lowerBound + index].asciiLowercased == wanted[index].asciiLowercased else { return false }
            index += 1
        }
        return true
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

extension HTTPHeaders: Sequence {
    package struct Iterator: IteratorProtocol {
        private let headers: HTTPHeaders
        private var index = 0

        fileprivate init(_ headers: HTTPHeaders) { self.headers = headers }

        package mutating func next() -> HTTPField? {
            guard index < headers.locations.count else { return nil }
            let location = headers.locations[index]
            index += 1
            return HTTPField(name: headers.text(location.name), value: headers.text(location.value))
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    package var underestimatedCount: Int { count }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    /// The rules of ``add(_:_:)-(String,String)`` hold; a literal keeps its order and its duplicates.
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { add(name, value) }
    }
}
