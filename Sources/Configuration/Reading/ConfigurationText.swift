import MCPProtocol

/// The contents of a configuration file, made strict JSON.
package enum ConfigurationText {
    /// The largest file that is read.
    package static let maxFileBytes = 4 << 20

    /// The deepest nesting of a file; what is read of it has nine levels at most.
    package static let maxDepth = 128

    /// A finding that leaves nothing to be read.
    package struct Unreadable: Error {
        package var finding: Finding
    }

    /// The text as strict JSON, and the value it is.
    package static func strictJSON(_ bytes: [UInt8]) throws(Unreadable) -> ([UInt8], RawJSON) {
        guard bytes.count <= maxFileBytes else {
            let message = "the file has \(bytes.count) bytes; the limit is \(maxFileBytes)"
            throw Unreadable(finding: Finding(.error, at: "$", message))
        }
        if let offset = offsetOfInvalidUTF8(in: bytes) {
            let (line, column) = LineIndex(bytes).position(of: offset)
            let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
            let message = "the file is not UTF-8\(isUTF16 ? " but UTF-16" : ""); save it as UTF-8"
            throw Unreadable(finding: Finding(.error, at: "$", line: line, column: column, message))
        }
        do {
            let text = try JSONC.strict(bytes)
            guard !text.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
                let message = "the file is empty; the smallest configuration is { \"mcpServers\": {} }"
                throw Unreadable(finding: Finding(.error, at: "$", message))
            }
            let limits = JSONLimits(maxBytes: maxFileBytes, maxDepth: maxDepth)
            return (text, try RawJSON(validating: text[...], limits: limits))
        } catch let error as JSONError {
            let lines = LineIndex(bytes)
            let (line, column) = lines.position(of: error.offset)
            throw Unreadable(
                finding: Finding(
                    .error, at: "$", line: line, column: column, sentence(for: error.kind),
                    excerpt: lines.excerpt(around: error.offset)))
        } catch let unreadable as Unreadable {
            throw unreadable
        } catch {
            // Only the two errors above are thrown in the block; the compiler does not know.
            throw Unreadable(finding: Finding(.error, at: "$", "the file cannot be read: \(error)"))
        }
    }

    private static func offsetOfInvalidUTF8(in bytes: [UInt8]) -> Int? {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        var iterator = bytes.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        var offset = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let scalar): offset += scalar.count
            case .error, .emptyInput: return offset
            }
        }
    }

    private static func sentence(for kind: JSONError.Kind) -> String {
        switch kind {
        case .unexpectedByte(let byte):
            if byte == UInt8(ascii: "'") { return "strings stand in double quotes, not in single ones" }
            if byte >= 0x21, byte < 0x7F {
                return
                    "unexpected \"\(Character(Unicode.Scalar(byte)))\"; is a comma, a colon or a quote missing before it?"
            }
            return "unexpected character"
        case .unexpectedEnd: return "the file ends in the middle of a value; is a closing brace or bracket missing?"
        case .tooDeep(let limit): return "nested deeper than \(limit) levels"
        case .tooLarge(let limit): return "the file is larger than \(limit) bytes, the limit"
        case .invalidNumber: return "not a number as JSON writes it"
        case .invalidEscape:
            return "a backslash in a string stands before a character it cannot escape; write \"\\\\\" for a backslash"
        case .invalidUTF8: return "the file is not UTF-8 here"
        case .trailingBytes: return "there is more text after the end of the configuration"
        case .controlCharacterInString:
            return "a string contains a line break or another control character; is its closing quote missing?"
        case .unterminatedComment: return "a comment begins here and never ends"
        case .notAnObject: return "must be an object"
        case .memberTooLarge(let limit): return "a value is larger than \(limit) bytes, the limit"
        }
    }
}
