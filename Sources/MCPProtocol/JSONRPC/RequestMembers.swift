/// The members of a request's params that the gateway looks at, found in one scan of the params and one of their `_meta`.
///
/// What they mean is for others to say: ``RequestMeta``, ``CallToolParams``, ``InputAnswers``. An object, as it is handed on
/// from one to the other.
package final class RequestMembers: Sendable {
    package enum Name: Int, CaseIterable, Sendable {
        case meta, name, uri, taskID, arguments, task, inputResponses, requestState

        package var text: StaticString {
            switch self {
            case .meta: "_meta"
            case .name: "name"
            case .uri: "uri"
            case .taskID: "taskId"
            case .arguments: "arguments"
            case .task: "task"
            case .inputResponses: "inputResponses"
            case .requestState: "requestState"
            }
        }
    }

    /// The whole. What is not an object has no members.
    package let params: RawJSON?
    /// What stands in `_meta`, where that is an object.
    package let meta: RequestMeta.Members?
    private let found: Found

    private struct Found {
        /// By the names' numbers; of a member that is repeated the last one.
        var places = InlineArray<8, Range<Int>?>(repeating: nil)
        /// A bit for each name that is there more than once.
        var repeated: UInt8 = 0

        @inline(__always)
        mutating func note(_ name: Name, _ place: Range<Int>) {
            if places[name.rawValue] != nil { repeated |= 1 << UInt8(name.rawValue) }
            places[name.rawValue] = place
        }
    }

    /// - Parameter known: what stands in a `_meta` that is the one it is given to the letter, where that has been found
    ///   out before.
    package init(_ params: RawJSON?, knowing known: (RawJSON) -> RequestMeta.Members? = { _ in nil }) {
        self.params = params
        guard let params, params.kind == .object else {
            (found, meta) = (Found(), nil)
            return
        }
        found = params.bytes.withUnsafeBufferPointer { buffer in
            var found = Found()
            guard var scanner = JSONScanner(buffer) else { return found }
            scanner.enterContainer()
            while let member = scanner.nextMember() {
                if let name = Self.name(of: member, scanner) { found.note(name, member.value) }
            }
            return found
        }
        guard let meta = found.places[Name.meta.rawValue].map(params.value(at:)), meta.kind == .object else {
            self.meta = nil
            return
        }
        // One that is there twice is refused by whoever reads it.
        let isRepeated = found.repeated & 1 << UInt8(Name.meta.rawValue) != 0
        self.meta = (isRepeated ? nil : known(meta))?.moved(to: meta) ?? RequestMeta.Members(meta)
    }

    @inline(__always)
    private static func name(of member: JSONMemberRange, _ scanner: JSONScanner) -> Name? {
        func isKey(_ name: Name) -> Bool { scanner.key(of: member, is: name.text) }
        // Lengths tell most names apart; behind an escape they say nothing.
        guard !member.keyIsEscaped else { return Name.allCases.first(where: isKey) }
        let candidate: Name
        switch member.key.count {
        case 3: candidate = .uri
        case 4: candidate = isKey(.task) ? .task : .name
        case 5: candidate = .meta
        case 6: candidate = .taskID
        case 9: candidate = .arguments
        case 12: candidate = .requestState
        case 14: candidate = .inputResponses
        default: return nil
        }
        return isKey(candidate) ? candidate : nil
    }

    /// The value as it was written; of a repeated member the last one.
    package subscript(name: Name) -> RawJSON? {
        guard let params, let place = found.places[name.rawValue] else { return nil }
        return params.value(at: place)
    }

    package func has(_ name: Name) -> Bool { found.places[name.rawValue] != nil }

    /// - Throws: when one of them is there twice, which two readers could take for two requests.
    package func refuseRepeated(_ names: Name...) throws(MessageError) {
        guard found.repeated != 0 else { return }
        for name in names where found.repeated & 1 << UInt8(name.rawValue) != 0 {
            throw MessageError(path: "params.\(name.text)", fact: "appears more than once")
        }
    }
}
