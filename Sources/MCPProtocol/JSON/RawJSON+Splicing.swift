extension RawJSON {
    /// This object with some members changed and every other byte as it was: order, spacing, numbers, escapes.
    ///
    /// A value replaces the old one in place, or is appended when there was none; `nil` removes the member. Of a
    /// changed name that stands there more than once, only the last one stays. When `changes` repeats a name, its
    /// last change counts. A value that is not an object is returned as it is.
    ///
    /// - Parameter changes: names, decoded, and values, which must be valid JSON texts.
    package func replacingMembers(_ changes: [(name: String, value: [UInt8]?)]) -> [UInt8] {
        guard kind == .object, !changes.isEmpty else { return Array(bytes) }
        return bytes.withUnsafeBufferPointer { buffer in
            guard let scanner = JSONScanner(buffer) else { return [] }
            return Self.splice(scanner, buffer, changes)
        }
    }

    private static func splice(
        _ object: JSONScanner, _ buffer: UnsafeBufferPointer<UInt8>, _ changes: [(name: String, value: [UInt8]?)]
    ) -> [UInt8] {
        // Which change concerns each member, and which member each change ends up in.
        var scanner = object
        var members: [(range: JSONMemberRange, end: Int, change: Int?)] = []
        var target = [Int?](repeating: nil, count: changes.count)
        scanner.enterContainer()
        while let range = scanner.nextMember() {
            let change = changes.lastIndex { change in
                var name = change.name
                return name.withUTF8 { scanner.key(of: range, is: $0) }
            }
            // The member reaches to its comma or the closing brace.
            scanner.skipWhiteSpace()
            if let change { target[change] = members.count }
            members.append((range, scanner.position, change))
        }

        var output: [UInt8] = [.openBrace]
        output.reserveCapacity(changes.reduce(buffer.count) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) + 8 })
        var start = 1
        for (index, member) in members.enumerated() {
            defer { start = member.end + 1 }
            if let change = member.change {
                guard target[change] == index, let value = changes[change].value else { continue }
                if output.count > 1 { output.append(.comma) }
                output.append(contentsOf: buffer[start..<member.range.value.lowerBound])
                output.append(contentsOf: value)
                output.append(contentsOf: buffer[member.range.value.upperBound..<member.end])
            } else {
                if output.count > 1 { output.append(.comma) }
                output.append(contentsOf: buffer[start..<member.end])
            }
        }
        for (index, change) in changes.enumerated() {
            guard let value = change.value, target[index] == nil else { continue }
            // An earlier change of a repeated name has no target of its own; the last one speaks for the name.
            guard changes.lastIndex(where: { $0.name.utf8.elementsEqual(change.name.utf8) }) == index else { continue }
            if output.count > 1 { output.append(.comma) }
            JSONWriter.appendQuoted(change.name, to: &output)
            output.append(.colon)
            output.append(contentsOf: value)
        }
        if output.count == 1, members.isEmpty { return Array(buffer) }
        output.append(.closeBrace)
        return output
    }
}
