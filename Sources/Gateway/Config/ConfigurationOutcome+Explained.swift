import Configuration
import MCPProtocol

extension ConfigurationOutcome {
    /// Every setting in effect, those of the servers last; empty when there is no configuration.
    ///
    /// - Parameter server: only the settings of the server with this name; empty when there is none.
    package func explained(server name: String? = nil) -> [EffectiveSetting] {
        guard let configuration else { return [] }
        var listing = Listing(provenance: provenance, redactor: configuration.redactor)
        if name == nil { listing.append(configuration) }
        for server in configuration.servers where name == nil || server.name == name { listing.append(server) }
        return listing.settings
    }

    private struct Listing {
        let provenance: Provenance
        let redactor: Redactor
        var settings: [EffectiveSetting] = []

        init(provenance: Provenance, redactor: Redactor) {
            self.provenance = provenance
            self.redactor = redactor
        }

        /// - Parameter aliases: other paths the same setting may have been written at.
        private mutating func append(_ path: ConfigurationPath, _ value: String, aliases: [ConfigurationPath] = []) {
            let sources = ([path] + aliases).map { provenance[$0.description] }
            settings.append(
                EffectiveSetting(
                    path: path.description, value: redactor.redact(value),
                    source: sources.first { $0 != .builtIn } ?? .builtIn))
        }

        private mutating func append<Section>(
            _ table: [Setting<Section>], of section: Section, at path: ConfigurationPath
        ) {
            for setting in table { append(path.member(setting.key), setting.show(section)) }
        }

        mutating func append(_ configuration: GatewayConfiguration) {
            let root = ConfigurationPath.root
            let defaults = root.member("defaults")
            append(root.member("listen"), jsonList(configuration.listen.map(\.description)))
            append(root.member("auth"), configuration.auth == .anyone ? "\"none\"" : "null")
            append(root.member("workers"), configuration.loops.map(String.init) ?? "null")
            append(root.member("allowedOrigins"), jsonList(configuration.allowedOrigins))
            append(root.member("allowedHosts"), jsonList(configuration.allowedHosts))
            append(root.member("logLevel"), jsonString(configuration.logLevel.rawValue))
            append(TimeoutConfiguration.settings, of: configuration.defaults.timeouts, at: defaults.member("timeouts"))
            append(PoolConfiguration.settings, of: configuration.defaults.pool, at: defaults.member("pool"))
            append(
                ProtocolEraPreference.settings, of: configuration.defaults.protocolEra,
                at: defaults.member("protocol"))
            append(NamingConfiguration.settings, of: configuration.naming, at: defaults.member("naming"))
            append(CatalogConfiguration.settings, of: configuration.catalog, at: root.member("catalog"))
            append(LimitsConfiguration.settings, of: configuration.limits, at: root.member("limits"))
            let state = root.member("state")
            append(state.member("dir"), configuration.state.dir.map(jsonString) ?? "null")
            append(state.member("key"), configuration.state.key.map(jsonString) ?? "null")
            append(state.member("previousKeys"), jsonList(configuration.state.previousKeys))
        }

        mutating func append(_ server: ServerConfiguration) {
            // Provenance knows the server under the key it stands under in the file.
            let written = ["mcpServers", "servers"].map { ConfigurationPath.root.member($0).member(server.name) }
            let nested = ConfigurationPath.root.member("mcp").member("servers").member(server.name)
            let path =
                (written + [nested]).first { path in
                    ["command", "url", "serverUrl", "httpUrl"].contains {
                        provenance[path.member($0).description] != .builtIn
                    }
                } ?? written[0]
            append(path.member("disabled"), String(server.isDisabled), aliases: [path.member("enabled")])
            append(path.member("prefix"), jsonString(server.prefix))
            if let description = server.description { append(path.member("description"), jsonString(description)) }
            append(server.transport, at: path)
            append(TimeoutConfiguration.settings, of: server.timeouts, at: path.member("timeouts"))
            append(PoolConfiguration.settings, of: server.pool, at: path.member("pool"))
            append(ProtocolEraPreference.settings, of: server.protocolEra, at: path.member("protocol"))
            append(path.member("maxInFlight"), String(server.maxInFlight))
            append(path.member("replay"), String(server.replay))
            append(server.tools, at: path)
        }

        private mutating func append(_ transport: ServerTransport, at path: ConfigurationPath) {
            switch transport {
            case .stdio(let command, let arguments, let environment, let directory):
                append(path.member("command"), jsonString(command))
                append(path.member("args"), jsonList(arguments))
                for variable in environment {
                    append(
                        path.member("env").member(variable.name), jsonString(variable.value),
                        aliases: [path.member("envFile")])
                }
                append(path.member("cwd"), directory.map(jsonString) ?? "null")
            case .http(let url, let headers, let kind):
                append(
                    path.member("url"), jsonString(url), aliases: [path.member("serverUrl"), path.member("httpUrl")])
                append(path.member("type"), jsonString(kind.rawValue), aliases: [path.member("transport")])
                for header in headers {
                    append(
                        path.member("headers").member(header.name), jsonString(header.value),
                        aliases: [path.member("auth")])
                }
            }
        }

        private mutating func append(_ tools: ToolFilterConfiguration, at path: ConfigurationPath) {
            let section = path.member("tools")
            let allowAliases = ["enabledTools", "includeTools"].map(path.member)
            let denyAliases = ["disabledTools", "excludeTools"].map(path.member)
            append(section.member("allow"), jsonList(tools.allow.map(\.text)), aliases: [section] + allowAliases)
            append(section.member("deny"), jsonList(tools.deny.map(\.text)), aliases: [section] + denyAliases)
            for (name, override) in tools.overrides.sorted(by: { $0.key < $1.key }) {
                var parts: [String] = []
                if let name = override.name { parts.append("\"name\": \(jsonString(name))") }
                if let description = override.description {
                    parts.append("\"description\": \(jsonString(description))")
                }
                if let timeout = override.timeout {
                    parts.append("\"timeout\": \"\(timeout.duration.map(QuantityText.text(of:)) ?? "off")\"")
                }
                append(
                    section.member("overrides").member(name),
                    parts.isEmpty ? "{}" : "{ \(parts.joined(separator: ", ")) }",
                    aliases: [section])
            }
        }

        private func jsonList(_ texts: [String]) -> String { "[\(texts.map(jsonString).joined(separator: ", "))]" }

        private func jsonString(_ text: String) -> String {
            String(decoding: JSONWriter.quote(text), as: UTF8.self)
        }
    }
}
