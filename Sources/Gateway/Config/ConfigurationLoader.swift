import Configuration
import MCPProtocol

/// Reads `gateway.json`, and the files other tools write for the same purpose.
package enum ConfigurationLoader {
    /// The largest file that is read.
    package static let maxFileBytes = ConfigurationText.maxFileBytes

    package static let maxDepth = ConfigurationText.maxDepth

    /// Reads the file at `path`, with relative paths in it starting from its folder.
    ///
    /// Never fails: whatever is wrong is among the findings, all of it. Blocks while files are read.
    ///
    /// - Parameter listen: replaces what the file says when it is not empty, as `--listen` does.
    package static func load(
        path: String, environment: ConfigurationEnvironment, listen: [ListenAddress] = []
    ) -> ConfigurationOutcome {
        let absolute = FilePathText.absolute(
            path, base: environment.configDirectory, home: environment.homeDirectory)
        let bytes: [UInt8]
        do {
            bytes = try environment.readFile(absolute, maxFileBytes)
        } catch {
            return ConfigurationOutcome(
                configuration: nil, findings: [Finding(.error, at: "$", "the file \(error.reason)")])
        }
        var environment = environment
        environment.configDirectory = FilePathText.directory(of: absolute)
        return parse(bytes, environment: environment, listen: listen)
    }

    /// Reads the contents of a file; relative paths in it start from `environment.configDirectory`.
    ///
    /// - Parameter listen: replaces what the file says when it is not empty.
    package static func parse(
        _ bytes: [UInt8], environment: ConfigurationEnvironment, listen: [ListenAddress] = []
    ) -> ConfigurationOutcome {
        let text: [UInt8]
        let value: RawJSON
        do {
            (text, value) = try ConfigurationText.strictJSON(bytes)
        } catch {
            return ConfigurationOutcome(configuration: nil, findings: [error.finding])
        }
        let root = ConfigurationNode(path: .root, value: value, key: "", offset: value.bytes.startIndex)
        let expansion = Expansion(
            environment: environment, baseDirectory: environment.configDirectory.map(baseDirectory(for:)))
        var reader = ConfigurationReader(text: text, expansion: expansion)
        var configuration = reader.configuration(from: root, listen: listen)
        configuration.redactor = Redactor(secrets: reader.secrets)
        let findings = reader.orderedFindings(redactedBy: configuration.redactor)
        return ConfigurationOutcome(
            configuration: findings.contains { $0.severity == .error } ? nil : configuration,
            findings: findings, provenance: reader.provenance)
    }

    /// What relative paths start from: the folder of the file, or the one above when it is an editor's own folder
    /// (`.vscode/mcp.json`, `.cursor/mcp.json`), as those editors do it.
    private static func baseDirectory(for directory: String) -> String {
        let name = directory.split(separator: "/").last ?? ""
        return name == ".vscode" || name == ".cursor" ? FilePathText.directory(of: directory) : directory
    }
}
