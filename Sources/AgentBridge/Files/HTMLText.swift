/// What is to be read of an HTML document.
enum HTMLText {
    /// Without tags, scripts and styles; the common entities decoded, empty lines left out.
    static func plain(_ html: String) -> String {
        let bytes = Array(html.utf8)
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<") else {
                text.append(bytes[index])
                index += 1
                continue
            }
            for element in ["script", "style"] where starts(bytes, index + 1, element) {
                index = end(of: element, in: bytes, from: index)
            }
            text.append(UInt8(ascii: "\n"))
            while index < bytes.count, bytes[index] != UInt8(ascii: ">") { index += 1 }
            index += 1
        }
        return lines(String(decoding: text, as: UTF8.self))
    }

    private static func starts(_ bytes: [UInt8], _ index: Int, _ word: String) -> Bool {
        let word = Array(word.utf8)
        guard index + word.count <= bytes.count else { return false }
        return word.indices.allSatisfy { bytes[index + $0] | 0x20 == word[$0] }
    }

    /// Where the end tag of an element begins; the end of the text if there is none.
    private static func end(of element: String, in bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index + 1 < bytes.count {
            if bytes[index] == UInt8(ascii: "<"), bytes[index + 1] == UInt8(ascii: "/"),
                starts(bytes, index + 2, element)
            {
                return index
            }
            index += 1
        }
        return bytes.count
    }

    private static let entities = [
        ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&"),
    ]

    private static func lines(_ text: String) -> String {
        entities.reduce(text) { $0.replacing($1.0, with: $1.1) }
            .split(whereSeparator: \.isNewline)
            .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
            .filter { !$0.isEmpty }
            .joined(separator: "\n")
    }
}
