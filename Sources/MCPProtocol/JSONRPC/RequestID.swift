/// The id of a JSON-RPC request: a string or an integer, never `null` (MCP, Base Protocol, "Requests").
package enum RequestID: Sendable {
    case integer(Int64)
    /// An integer that `Int64` cannot give back as it was written: the digits, with their sign.
    case largeInteger(String)
    case string(String)

    /// `nil` for anything but a string or a number of digits alone: an id with a fraction or exponent may not come back
    /// from a peer as it was sent.
    package init?(_ value: RawJSON) {
        switch value.kind {
        case .string:
            self = .string(value.stringValue ?? "")
        case .number:
            guard value.bytes.dropFirst().allSatisfy(\.isDigit) else { return nil }
            if let integer = value.intValue, integer != 0 || value.bytes.count == 1 {
                self = .integer(integer)
            } else {
                self = .largeInteger(value.text)
            }
        default:
            return nil
        }
    }

    /// The id as JSON.
    package func encode() -> [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }

    func append(to output: inout [UInt8]) {
        switch self {
        case .integer(let value): JSONWriter.append(value, to: &output)
        case .largeInteger(let digits): output.append(contentsOf: digits.utf8)
        case .string(let value): JSONWriter.appendQuoted(value, to: &output)
        }
    }

    /// Whether this id, read from a response, answers the request sent with `sent`. An integer that comes back as a
    /// decimal string counts: some servers keep ids as strings.
    package func matchesEcho(of sent: RequestID) -> Bool {
        if self == sent { return true }
        guard case .string(let echo) = self else { return false }
        return switch sent {
        case .integer(let value): echo == String(value)
        case .largeInteger(let digits): echo == digits
        case .string: false
        }
    }
}

extension RequestID: Hashable {
    /// Strings are compared byte for byte: `String`'s own `==` would merge ids that differ in Unicode normalization.
    package static func == (left: RequestID, right: RequestID) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left == right
        case (.largeInteger(let left), .largeInteger(let right)), (.string(let left), .string(let right)):
            left == right && left.utf8.elementsEqual(right.utf8)
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .integer(let value): hasher.combine(value)
        case .largeInteger(let text), .string(let text): hasher.combine(text)
        }
    }
}

extension RequestID: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .string(value) }
}

extension RequestID: CustomStringConvertible {
    /// The id as JSON.
    package var description: String { String(decoding: encode(), as: UTF8.self) }
}
