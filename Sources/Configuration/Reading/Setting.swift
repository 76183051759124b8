/// A key of a section and the property it sets: one entry is all it takes to read, check, trace and explain a setting.
package struct Setting<Section: Sendable>: Sendable {
    package let key: String

    /// Reads a value of the file into the section; a bad one leaves a finding and the section as it was.
    package let read: @Sendable (inout ConfigurationReader, ConfigurationNode, inout Section) -> Void

    /// The value as it would be written in the file.
    package let show: @Sendable (Section) -> String

    package init(
        key: String, read: @escaping @Sendable (inout ConfigurationReader, ConfigurationNode, inout Section) -> Void,
        show: @escaping @Sendable (Section) -> String
    ) {
        self.key = key
        self.read = read
        self.show = show
    }
}

extension Setting {
    package typealias Property<Value> = any WritableKeyPath<Section, Value> & Sendable

    package static func count(_ key: String, _ property: Property<Int>, _ range: ClosedRange<Int>) -> Setting {
        Setting(key: key) { reader, node, section in
            if let value = reader.count(node, in: range) { section[keyPath: property] = value }
        } show: { section in
            String(section[keyPath: property])
        }
    }

    package static func size(_ key: String, _ property: Property<Int>, _ range: ClosedRange<Int>) -> Setting {
        Setting(key: key) { reader, node, section in
            if let value = reader.size(node, in: range) { section[keyPath: property] = value }
        } show: { section in
            "\"\(QuantityText.text(ofBytes: section[keyPath: property]))\""
        }
    }

    /// A duration that "off" makes `nil`.
    package static func duration(
        _ key: String, _ property: Property<Duration?>,
        _ range: ClosedRange<Duration> = .milliseconds(1)...QuantityText.maxDuration
    ) -> Setting {
        Setting(key: key) { reader, node, section in
            if let value = reader.duration(node, in: range) { section[keyPath: property] = value.duration }
        } show: { section in
            "\"\(section[keyPath: property].map(QuantityText.text(of:)) ?? "off")\""
        }
    }

    /// A duration that is never without limit: "off" is `off`, or an error when that is `nil`.
    package static func boundedDuration(
        _ key: String, _ property: Property<Duration>, _ range: ClosedRange<Duration>, off: Duration? = nil
    ) -> Setting {
        Setting(key: key) { reader, node, section in
            guard let value = reader.duration(node, in: range) else { return }
            if let duration = value.duration ?? off {
                section[keyPath: property] = duration
            } else {
                reader.error(node, "cannot be \"off\"; write at most \"\(QuantityText.text(of: range.upperBound))\"")
            }
        } show: { section in
            "\"\(QuantityText.text(of: section[keyPath: property]))\""
        }
    }

    package static func choice<Choice>(_ key: String, _ property: Property<Choice>) -> Setting
    where Choice: RawRepresentable<String> & CaseIterable & Sendable {
        Setting(key: key) { reader, node, section in
            if let value = reader.choice(node, of: Choice.self) { section[keyPath: property] = value }
        } show: { section in
            "\"\(section[keyPath: property].rawValue)\""
        }
    }
}
