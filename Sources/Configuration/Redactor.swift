/// Replaces secrets in texts meant for people and logs.
package struct Redactor: Sendable, Equatable {
    /// A value that must not be seen, and what may be said instead.
    package struct Secret: Sendable, Hashable {
        package var value: String

        /// Where it came from, such as `GITHUB_TOKEN`; `nil` for one written into the file itself.
        package var label: String?

        package init(_ value: String, label: String? = nil) {
            self.value = value
            self.label = label
        }
    }

    /// Shorter values are left alone: replacing every "80" would destroy texts and protect nothing.
    package static let minSecretBytes = 4

    /// Longest first, so that a secret containing another one disappears whole.
    private let secrets: [(bytes: [UInt8], replacement: [UInt8])]

    /// Whether any secret begins with this byte: most positions of a text need no further look.
    private let beginsSecret: [Bool]

    package init(secrets: some Sequence<Secret>) {
        var replacements: [[UInt8]: [UInt8]] = [:]
        // The same value may have several origins; the answer must not depend on the order they come in.
        let ordered = secrets.sorted { left, right in
            switch (left.label, right.label) {
            case (let left?, let right?): left < right
            case (.some, nil): true
            default: false
            }
        }
        for secret in ordered where secret.value.utf8.count >= Self.minSecretBytes {
            let replacement = Array((secret.label.map { "[redacted:\($0)]" } ?? "[redacted]").utf8)
            // The texts are often JSON, where a secret with quotes or newlines looks different.
            for form in [Array(secret.value.utf8), Self.jsonForm(of: secret.value)] where replacements[form] == nil {
                replacements[form] = replacement
            }
        }
        self.secrets = replacements.map { (bytes: $0.key, replacement: $0.value) }
            .sorted {
                $0.bytes.count != $1.bytes.count
                    ? $0.bytes.count > $1.bytes.count : $0.bytes.lexicographicallyPrecedes($1.bytes)
            }
        var beginsSecret = [Bool](repeating: false, count: 256)
        for secret in self.secrets { beginsSecret[Int(secret.bytes[0])] = true }
        self.beginsSecret = beginsSecret
    }

    package var isEmpty: Bool { secrets.isEmpty }

    /// `text` with every occurrence of every secret replaced by `[redacted:NAME]` or `[redacted]`.
    package func redact(_ text: String) -> String {
        guard !secrets.isEmpty else { return text }
        return String(decoding: redact(Array(text.utf8)), as: UTF8.self)
    }

    /// The same for UTF-8 bytes.
    package func redact(_ text: [UInt8]) -> [UInt8] {
        guard !secrets.isEmpty else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if beginsSecret[Int(text[index])],
                let found = secrets.first(where: { text[index...].starts(with: $0.bytes) })
            {
                result += found.replacement
                index += found.bytes.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    package static func == (left: Redactor, right: Redactor) -> Bool {
        left.secrets.elementsEqual(right.secrets) { $0.bytes == $1.bytes && $0.replacement == $1.replacement }
    }

    /// The value inside a JSON string, without the quotes, as most encoders write it.
    private static func jsonForm(of value: String) -> [UInt8] {
        var form: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): form += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): form += Array(#"\n"#.utf8)
            case UInt8(ascii: "\r"): form += Array(#"\r"#.utf8)
            case UInt8(ascii: "\t"): form += Array(#"\t"#.utf8)
            default: form.append(byte)
            }
        }
        return form
    }
}
