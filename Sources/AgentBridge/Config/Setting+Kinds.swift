import Configuration
import MCPProtocol

/// Kinds of settings that the agent's section has beyond those of the gateway's.
extension Setting {
    static func flag(_ key: String, _ property: Property<Bool>) -> Setting {
        Setting(key: key) { reader, node, section in
            if let value = reader.bool(node) { section[keyPath: property] = value }
        } show: {
            String($0[keyPath: property])
        }
    }

    static func text(_ key: String, _ property: Property<String>) -> Setting {
        Setting(key: key) { reader, node, section in
            if let value = reader.string(node) { section[keyPath: property] = value }
        } show: {
            shown($0[keyPath: property])
        }
    }

    /// `null` leaves it unset.
    static func optionalText(_ key: String, _ property: Property<String?>) -> Setting {
        Setting(key: key) { reader, node, section in
            if node.kind == .null {
                section[keyPath: property] = nil
            } else if let value = reader.string(node) {
                section[keyPath: property] = value
            }
        } show: {
            $0[keyPath: property].map(shown) ?? "null"
        }
    }

    /// A key, which is never shown.
    static func secret(_ key: String, _ property: Property<String?>) -> Setting {
        Setting(key: key) { reader, node, section in
            guard node.kind != .null, let value = reader.string(node) else { return }
            reader.conceal(value)
            section[keyPath: property] = value
        } show: {
            $0[keyPath: property] == nil ? "null" : "\"[redacted]\""
        }
    }

    /// `null` means no limit.
    static func optionalCount(_ key: String, _ property: Property<Int?>, _ range: ClosedRange<Int>) -> Setting {
        Setting(key: key) { reader, node, section in
            if node.kind == .null {
                section[keyPath: property] = nil
            } else if let value = reader.count(node, in: range) {
                section[keyPath: property] = value
            }
        } show: {
            $0[keyPath: property].map(String.init) ?? "null"
        }
    }

    static func texts(_ key: String, _ property: Property<[String]>) -> Setting {
        Setting(key: key) { reader, node, section in
            if let values = reader.strings(node) { section[keyPath: property] = values }
        } show: {
            "[" + $0[keyPath: property].map(shown).joined(separator: ",") + "]"
        }
    }

    static func patterns(_ key: String, _ property: Property<[NamePattern]>) -> Setting {
        Setting(key: key) { reader, node, section in
            if let values = reader.strings(node) { section[keyPath: property] = values.map { NamePattern($0) } }
        } show: {
            "[" + $0[keyPath: property].map { shown($0.text) }.joined(separator: ",") + "]"
        }
    }

    /// A section inside a section.
    static func section<Inner: Sendable>(
        _ key: String, _ property: Property<Inner>, _ settings: [Setting<Inner>]
    ) -> Setting {
        Setting(key: key) { reader, node, section in
            reader.read(settings, from: node, into: &section[keyPath: property])
        } show: { section in
            "{"
                + settings.map { "\"\($0.key)\":\($0.show(section[keyPath: property]))" }.joined(separator: ",") + "}"
        }
    }

    private static func shown(_ text: String) -> String { String(decoding: JSONWriter.quote(text), as: UTF8.self) }
}
