import Configuration
import Glibc
import MCPProtocol

/// The arguments of a tool as they are given on the command line: JSON, `@FILE`, or `-` for standard input.
enum CallArguments {
    /// Of a file or standard input. The gateway has limits of its own.
    static let maxBytes = 256 << 20

    /// The object that `operand` stands for; `nil` operand: an empty one. Reads, so may block.
    static func read(_ operand: String?) throws(UsageError) -> RawJSON {
        guard let operand else { return RawJSON(unchecked: Array("{}".utf8)[...]) }
        if operand == "-" {
            return try object(contents(of: STDIN_FILENO, named: "standard input"), from: "standard input")
        }
        if operand.hasPrefix("@") { return try object(inFile: String(operand.dropFirst())) }
        return try object(Array(operand.utf8), from: "the arguments")
    }

    private static func object(inFile path: String) throws(UsageError) -> RawJSON {
        let descriptor = path.utf8.contains(0) ? -1 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw UsageError("\"\(path.shortened)\" cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        return try object(contents(of: descriptor, named: "\"\(path.shortened)\""), from: "\"\(path.shortened)\"")
    }

    private static func contents(of descriptor: Int32, named name: String) throws(UsageError) -> [UInt8] {
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return contents }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw UsageError("\(name) cannot be read: \(String(cString: strerror(errno)))")
            }
            guard contents.count + count <= maxBytes else {
                throw UsageError("\(name) is larger than \(QuantityText.text(ofBytes: maxBytes)), the limit")
            }
            contents += buffer[..<count]
        }
    }

    private static func object(_ text: [UInt8], from source: String) throws(UsageError) -> RawJSON {
        do throws(JSONError) {
            let value = try RawJSON(validating: text[...], limits: JSONLimits(maxBytes: maxBytes, maxDepth: 512))
            guard value.kind == .object else {
                throw JSONError(.notAnObject, offset: value.bytes.startIndex)
            }
            return value
        } catch {
            let example = #"write them like {"name": "value"}"#
            guard error.kind != .notAnObject else { throw UsageError("\(source) must be a JSON object; \(example)") }
            throw UsageError(
                "\(source): not JSON at \(TextPosition(offset: error.offset, in: text)): \(error); \(example)")
        }
    }
}
