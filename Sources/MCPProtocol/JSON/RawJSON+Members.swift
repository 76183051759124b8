/// Looking into objects and arrays. On a value of another kind there is nothing to find, which is not an error.
extension RawJSON {
    /// The value of the member called `name`; when the name is repeated, the last one counts, as in most parsers.
    ///
    /// - Complexity: one scan of the object, strings skipped eight bytes at a time.
    package func member(_ name: String) -> RawJSON? {
        guard kind == .object else { return nil }
        var name = name
        let range = name.withUTF8 { name in
            bytes.withUnsafeBufferPointer { buffer -> Range<Int>? in
                guard var scanner = JSONScanner(buffer) else { return nil }
                var found: Range<Int>?
                scanner.enterContainer()
                while let member = scanner.nextMember() {
                    if scanner.key(of: member, is: name) { found = member.value }
                }
                return found
            }
        }
        return range.map(value(at:))
    }

    /// Calls `body` for each member in order, repeated names included, until it answers `false`.
    @inline(__always)
    package func forEachMember(_ body: (MemberKey, RawJSON) -> Bool) {
        guard kind == .object else { return }
        bytes.withUnsafeBufferPointer { buffer in
            guard var scanner = JSONScanner(buffer) else { return }
            scanner.enterContainer()
            while let member = scanner.nextMember() {
                let key = MemberKey(rawBytes: slice(member.key), isEscaped: member.keyIsEscaped)
                guard body(key, value(at: member.value)) else { return }
            }
        }
    }

    /// Calls `body` for each element in order, until it answers `false`.
    @inline(__always)
    package func forEachElement(_ body: (RawJSON) -> Bool) {
        guard kind == .array else { return }
        bytes.withUnsafeBufferPointer { buffer in
            guard var scanner = JSONScanner(buffer) else { return }
            scanner.enterContainer()
            while let element = scanner.nextElement() {
                guard body(value(at: element)) else { return }
            }
        }
    }

    /// Two members in one scan.
    package func members(_ first: String, _ second: String) -> (RawJSON?, RawJSON?) {
        let (first, second, _) = members(first, second, second)
        return (first, second)
    }

    /// Three members in one scan.
    package func members(_ first: String, _ second: String, _ third: String) -> (RawJSON?, RawJSON?, RawJSON?) {
        guard kind == .object else { return (nil, nil, nil) }
        var (first, second, third) = (first, second, third)
        let found = first.withUTF8 { first in
            second.withUTF8 { second in
                third.withUTF8 { third in
                    bytes.withUnsafeBufferPointer { Self.find(first, second, third, in: $0) }
                }
            }
        }
        return (found.0.map(value(at:)), found.1.map(value(at:)), found.2.map(value(at:)))
    }

    private static func find(
        _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>, _ third: UnsafeBufferPointer<UInt8>,
        in object: UnsafeBufferPointer<UInt8>
    ) -> (Range<Int>?, Range<Int>?, Range<Int>?) {
        var found: (Range<Int>?, Range<Int>?, Range<Int>?)
        guard var scanner = JSONScanner(object) else { return found }
        scanner.enterContainer()
        while let member = scanner.nextMember() {
            if scanner.key(of: member, is: first) {
                found.0 = member.value
            } else if scanner.key(of: member, is: second) {
                found.1 = member.value
            } else if scanner.key(of: member, is: third) {
                found.2 = member.value
            }
        }
        return found
    }

    /// All members in order, repeated names included. Empty for what is not an object.
    package var members: [(name: String, value: RawJSON)] {
        var result: [(name: String, value: RawJSON)] = []
        forEachMember { key, value in
            result.append((key.string, value))
            return true
        }
        return result
    }

    /// All elements in order. Empty for what is not an array.
    package var elements: [RawJSON] {
        var result: [RawJSON] = []
        forEachElement { element in
            result.append(element)
            return true
        }
        return result
    }

    /// The first of `names` that this object has more than once. Where two readers must agree on a member, one that
    /// takes the first and one that takes the last would not: refuse the object.
    package func duplicatedMember(of names: [String]) -> String? {
        var seen = [Bool](repeating: false, count: names.count)
        var duplicated: String?
        forEachMember { key, _ in
            guard let index = names.firstIndex(where: key.matches) else { return true }
            if seen[index] { duplicated = names[index] }
            seen[index] = true
            return duplicated == nil
        }
        return duplicated
    }

    /// Whether any of `names` stands in this object more than once.
    package func hasDuplicate(of names: String...) -> Bool { duplicatedMember(of: names) != nil }

    /// The value found by following member names through nested objects.
    package subscript(path: String...) -> RawJSON? {
        var value = self
        for name in path {
            guard let member = value.member(name) else { return nil }
            value = member
        }
        return value
    }

    /// The element at `index`, `nil` past the end.
    package func element(_ index: Int) -> RawJSON? {
        guard index >= 0 else { return nil }
        var remaining = index
        var found: RawJSON?
        forEachElement { element in
            if remaining == 0 { found = element }
            remaining -= 1
            return remaining >= 0
        }
        return found
    }
}
