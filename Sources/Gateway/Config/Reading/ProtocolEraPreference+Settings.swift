import Configuration

extension ProtocolEraPreference {
    /// What `protocol` consists of.
    static let settings: [Setting<ProtocolEraPreference>] = [.choice("era", \.self)]
}

extension ConfigurationReader {
    /// `protocol` of a server or of the defaults: an object, or the era alone.
    ///
    /// - Parameter source: who decided, if the line with this number did.
    mutating func readProtocol(
        _ node: ConfigurationNode, into era: inout ProtocolEraPreference, source: (Int) -> SettingSource
    ) {
        switch node.kind {
        case .object:
            read(ProtocolEraPreference.settings, from: node, into: &era)
            for setting in ProtocolEraPreference.settings {
                let path = node.path.member(setting.key).description
                if case .file(let line) = provenance[path] { provenance[path] = source(line) }
            }
        case .string:
            if let value = choice(node, of: ProtocolEraPreference.self) { era = value }
            for setting in ProtocolEraPreference.settings {
                provenance[node.path.member(setting.key).description] = source(line(of: node))
            }
        default: wrongKind(node, expected: #"an object, such as {"era": "legacy"}"#)
        }
    }
}
