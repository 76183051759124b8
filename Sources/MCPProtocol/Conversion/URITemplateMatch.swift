/// Whether a URI could have been made from a URI template: RFC 6570.
///
/// As servers read their own templates: `{x}` is one segment of a path, `{+x}` and `{x*}` are anything; neither is empty.
/// What begins with its own separator (`{/x}`, `{?x,y}`, `{&x}`, `{#x}`, `{.x}`, `{;x}`) may be absent.
package enum URITemplateMatch {
    /// The longest template and the longest URI looked at, in bytes; longer ones match nothing.
    package static let maxTemplateBytes = 1024
    package static let maxURIBytes = 8192

    /// - Complexity: O(URI) for one template; at worst the product of both lengths, which are bounded. There is no
    ///   backtracking.
    package static func matches(_ template: String, _ uri: String) -> Bool {
        guard template.utf8.count <= maxTemplateBytes, uri.utf8.count <= maxURIBytes,
            let steps = Step.compile(Array(template.utf8)[...])
        else { return false }
        // All steps that could come next, as one pass over the URI leaves them.
        var current = StepSet(count: steps.count)
        current.insert(0, steps)
        for byte in uri.utf8 {
            var next = StepSet(count: steps.count)
            for index in current.steps {
                switch steps[index] {
                case .byte(let expected):
                    if byte == expected { next.insert(index + 1, steps) }
                case .run(let excluded):
                    guard !excluded.contains(byte) else { continue }
                    next.insert(index, steps)
                    next.insert(index + 1, steps)
                case .optional:
                    continue
                }
            }
            if next.steps.isEmpty, !next.isAtEnd { return false }
            current = next
        }
        return current.isAtEnd
    }
}

private enum Step {
    case byte(UInt8)
    /// One byte or more, none of them of these.
    case run(excluding: [UInt8])
    /// The next so many steps may be left out.
    case optional(Int)

    private static let slash: [UInt8] = [UInt8(ascii: "/")]

    /// - Returns: `nil` for what is not a template: a brace without its partner, an empty expression.
    static func compile(_ template: ArraySlice<UInt8>) -> [Step]? {
        var steps: [Step] = []
        var rest = template
        while let byte = rest.popFirst() {
            if byte == .closeBrace { return nil }
            guard byte == .openBrace else {
                steps.append(.byte(byte))
                continue
            }
            guard let end = rest.firstIndex(of: .closeBrace), end > rest.startIndex else { return nil }
            guard let expression = expression(rest[..<end]) else { return nil }
            steps += expression
            rest = rest[(end + 1)...]
        }
        return steps
    }

    private static func expression(_ text: ArraySlice<UInt8>) -> [Step]? {
        guard let first = text.first, !text.contains(.openBrace) else { return nil }
        let explodes = text.contains(UInt8(ascii: "*"))
        let segment = Step.run(excluding: explodes ? [] : slash)
        func optional(_ separator: UInt8, _ run: Step) -> [Step] { [.optional(2), .byte(separator), run] }
        switch first {
        case UInt8(ascii: "+"):
            return [.run(excluding: [])]
        case UInt8(ascii: "#"):
            return optional(first, .run(excluding: []))
        case UInt8(ascii: "?"), UInt8(ascii: "&"):
            return optional(first, .run(excluding: [UInt8(ascii: "#")]))
        case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: ";"):
            // One separator for each variable.
            let variables = 1 + text.count { $0 == .comma }
            return Array(repeatElement(optional(first, segment), count: variables).joined())
        default:
            return [segment]
        }
    }
}

/// Which steps could come next, each once.
private struct StepSet {
    private(set) var steps: [Int] = []
    private var isIn: [Bool]
    /// Nothing has to come any more.
    private(set) var isAtEnd = false

    init(count: Int) { isIn = [Bool](repeating: false, count: count) }

    mutating func insert(_ index: Int, _ all: [Step]) {
        var pending = [index]
        while let index = pending.popLast() {
            guard index < all.count else {
                isAtEnd = true
                continue
            }
            guard !isIn[index] else { continue }
            isIn[index] = true
            steps.append(index)
            if case .optional(let count) = all[index] { pending += [index + 1, index + 1 + count] }
        }
    }
}
