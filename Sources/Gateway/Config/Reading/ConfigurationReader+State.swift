import Configuration

extension ConfigurationReader {
    mutating func readState(_ node: ConfigurationNode, into state: inout StateConfiguration) {
        guard let members = members(of: node) else { return }
        for member in members {
            switch member.key {
            case "dir":
                if let dir = string(member) {
                    if dir.isEmpty {
                        error(member, "must name a directory")
                    } else {
                        state.dir = FilePathText.absolute(
                            dir, base: expansion.baseDirectory, home: expansion.environment.homeDirectory)
                    }
                }
            case "key":
                if let key = key(member) { state.key = key }
            case "previousKeys":
                guard member.kind == .array else {
                    wrongKind(member, expected: "an array of keys")
                    continue
                }
                state.previousKeys = elements(of: member).compactMap { key($0) }
            default:
                warnUnknown(member, known: ["dir", "key", "previousKeys"])
                continue
            }
            provenance[member.path.description] = .file(line: line(of: member))
        }
        if state.key == nil, !state.previousKeys.isEmpty {
            warn(node, "\"previousKeys\" without \"key\" are good for what was signed before only")
        }
    }

    private mutating func key(_ node: ConfigurationNode) -> String? {
        guard let key = string(node) else { return nil }
        conceal(key)
        guard key.utf8.count >= StateConfiguration.minKeyBytes else {
            error(
                node,
                "has \(key.utf8.count) bytes; a key needs at least \(StateConfiguration.minKeyBytes), such as the output of "
                    + "\"openssl rand -hex 32\"")
            return nil
        }
        return key
    }
}
