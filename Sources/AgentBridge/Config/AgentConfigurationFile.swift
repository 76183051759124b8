import Configuration
import MCPProtocol

/// Reads the section `agent` of `gateway.json`. What stands beside it is the gateway's.
enum AgentConfigurationFile {
    static let defaultPath = "gateway.json"

    struct Outcome {
        /// `nil` when there is any error among the findings.
        var configuration: AgentConfiguration?
        /// In the order of the file.
        var findings: [Finding]
    }

    /// Reads the file at `path`. Whatever is wrong is among the findings, all of it. Blocks while files are read.
    static func load(path: String, environment: ConfigurationEnvironment) -> Outcome {
        let absolute = FilePathText.absolute(
            path, base: environment.configDirectory, home: environment.homeDirectory)
        let bytes: [UInt8]
        do throws(FileReadError) {
            bytes = try environment.readFile(absolute, ConfigurationText.maxFileBytes)
        } catch {
            return Outcome(configuration: nil, findings: [Finding(.error, at: "$", "the file \(error.reason)")])
        }
        var environment = environment
        environment.configDirectory = FilePathText.directory(of: absolute)
        return parse(bytes, environment: environment)
    }

    static func parse(_ bytes: [UInt8], environment: ConfigurationEnvironment) -> Outcome {
        let (text, value): ([UInt8], RawJSON)
        do throws(ConfigurationText.Unreadable) {
            (text, value) = try ConfigurationText.strictJSON(bytes)
        } catch {
            return Outcome(configuration: nil, findings: [error.finding])
        }
        var reader = ConfigurationReader(
            text: text, expansion: Expansion(environment: environment, baseDirectory: environment.configDirectory))
        let root = ConfigurationNode(path: .root, value: value, key: "", offset: value.bytes.startIndex)
        var configuration = AgentConfiguration()
        if let agent = reader.members(of: root)?.first(where: { $0.key == "agent" }) {
            reader.readAgent(agent, into: &configuration, environment: environment)
        } else if root.kind == .object {
            reader.error(
                root,
                "has no section \"agent\"; the smallest is"
                    + " { \"agent\": { \"llm\": { \"baseUrl\": \"http://127.0.0.1:11434/v1\", \"model\": \"qwen3\" } } }"
            )
        }
        configuration.redactor = Redactor(secrets: reader.secrets)
        let findings = reader.orderedFindings(redactedBy: configuration.redactor)
        return Outcome(configuration: reader.hasErrors ? nil : configuration, findings: findings)
    }
}
