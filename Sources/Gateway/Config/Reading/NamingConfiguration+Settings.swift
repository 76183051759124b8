import Configuration

extension NamingConfiguration {
    static let settings: [Setting<NamingConfiguration>] = [
        Setting(key: "separator") { reader, node, naming in
            guard let text = reader.string(node) else { return }
            if (1...8).contains(text.utf8.count),
                text.unicodeScalars.allSatisfy({ ServerConfiguration.isAllowedInPrefix($0) || $0 == "." })
            {
                naming.separator = text
            } else {
                reader.error(node, "\"\(text.shortened)\" is not 1 to 8 characters out of A-Z a-z 0-9 _ - .")
            }
        } show: {
            "\"\($0.separator)\""
        },
        // Below, there is no room for a prefix and the hash of a shortened name.
        .count("maxLength", \.maxLength, 24...256),
        .choice("prefix", \.prefix),
    ]
}
