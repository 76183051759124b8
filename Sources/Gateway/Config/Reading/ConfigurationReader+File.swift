import Configuration
import MCPProtocol

/// The top level of the file.
extension ConfigurationReader {
    /// Every key of the top level, for "did you mean".
    private static let knownKeys = [
        "mcpServers", "servers", "listen", "defaults", "limits", "catalog", "auth", "toolsets", "telemetry", "state",
        "agent", "workers", "allowedOrigins", "allowedHosts", "logLevel",
    ]

    /// Keys that belong somewhere else.
    private static let misplacedKeys: [String: String] = [
        "naming": "write it inside \"defaults\"", "timeouts": "write it inside \"defaults\" or inside a server",
        "pool": "write it inside \"defaults\" or inside a server",
        "protocol": "write it inside \"defaults\" or inside a server",
        "drainTimeout": "write it inside \"limits\"", "listWait": "write it inside \"catalog\"",
        "separator": "write it inside \"defaults\", inside \"naming\"",
        "loops": "the number of event loops is \"workers\"",
        "port": "the address and port are \"listen\", such as \"127.0.0.1:8808\"",
        "host": "the address and port are \"listen\", such as \"127.0.0.1:8808\"",
    ]

    /// The configuration the file stands for. It is only to be used when there is no error among the findings.
    ///
    /// - Parameter listen: addresses of the command line, which replace those of the file.
    mutating func configuration(from root: ConfigurationNode, listen: [ListenAddress] = []) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        guard let members = members(of: root) else { return configuration }
        let sections = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0) })
        // First what servers are merged over, wherever it stands in the file.
        if let node = sections["limits"] { read(LimitsConfiguration.settings, from: node, into: &configuration.limits) }
        if let node = sections["defaults"] { readDefaults(node, into: &configuration) }
        for member in members where member.key != "limits" && member.key != "defaults" {
            readTopLevel(member, of: root, into: &configuration)
        }
        if let node = serversNode(in: sections) {
            configuration.servers = servers(from: node, configuration)
        }
        if configuration.servers.isEmpty, !hasErrors {
            warn(
                sections["mcpServers"] ?? sections["servers"] ?? root,
                "no server is configured, so there will be no tools; add one to \"mcpServers\"")
        }
        configuration = configuration.overriding(listen: listen)
        if !listen.isEmpty { provenance["$.listen"] = .commandLine }
        // The command line has no place in the file.
        refuseUnsafeListening(configuration, at: listen.isEmpty ? sections["listen"] ?? root : root)
        return configuration
    }

    private mutating func readTopLevel(
        _ node: ConfigurationNode, of root: ConfigurationNode, into configuration: inout GatewayConfiguration
    ) {
        switch node.key {
        case "mcpServers", "servers": break  // Read last: they need everything else.
        case "listen":
            if let listen = listenAddresses(node) { configuration.listen = listen }
        case "catalog": read(CatalogConfiguration.settings, from: node, into: &configuration.catalog)
        case "auth": readAuth(node, into: &configuration)
        case "workers":
            if let loops = count(node, in: 1...1024) { configuration.loops = loops }
        case "allowedOrigins":
            if let origins = origins(node) { configuration.allowedOrigins = origins }
        case "allowedHosts":
            if let hosts = hosts(node) { configuration.allowedHosts = hosts }
        case "logLevel":
            if let level = choice(node, of: ConfiguredLogLevel.self) { configuration.logLevel = level }
        case "state": readState(node, into: &configuration.state)
        case "toolsets", "telemetry":
            warn(node, "is accepted but has no effect in this version")
        case "agent", "$schema": return  // The agent's own; a hint for editors.
        case "inputs":
            warn(
                node, "is ignored: nobody is there to be asked; use environment variables, such as ${GITHUB_TOKEN}")
        case "mcp" where node.value.member("servers") != nil: break  // The settings.json of VS Code.
        default:
            warnUnknown(node, known: Self.knownKeys, hint: Self.misplacedKeys[node.key])
            return
        }
        provenance[node.path.description] = .file(line: line(of: node))
    }

    private mutating func readDefaults(_ node: ConfigurationNode, into configuration: inout GatewayConfiguration) {
        guard let members = members(of: node) else { return }
        for member in members {
            switch member.key {
            case "timeouts": read(TimeoutConfiguration.settings, from: member, into: &configuration.defaults.timeouts)
            case "pool": read(PoolConfiguration.settings, from: member, into: &configuration.defaults.pool)
            case "naming": readNaming(member, into: &configuration.naming)
            case "protocol":
                readProtocol(member, into: &configuration.defaults.protocolEra) { .file(line: $0) }
            case "maxInFlight":
                warnUnknown(member, known: [], hint: "write \"maxInFlightPerServer\" inside \"limits\"")
            case "command", "args", "env", "cwd", "url", "headers", "tools", "disabled":
                warnUnknown(member, known: [], hint: "it belongs to a single server")
            case "era": warnUnknown(member, known: [], hint: "write it inside \"protocol\"")
            default: warnUnknown(member, known: ["timeouts", "pool", "naming", "protocol"])
            }
        }
        warnAboutOrder(of: configuration.defaults.timeouts, at: node)
    }

    private mutating func readNaming(_ node: ConfigurationNode, into naming: inout NamingConfiguration) {
        read(NamingConfiguration.settings, from: node, into: &naming)
    }

    /// A cap below the silences it caps is legal, and makes them meaningless.
    mutating func warnAboutOrder(of timeouts: TimeoutConfiguration, at node: ConfigurationNode) {
        guard let max = timeouts.max else { return }
        for (name, value) in [("call", timeouts.call), ("idle", timeouts.idle)] {
            guard let value, value > max else { continue }
            warn(
                node,
                "the timeout \"\(name)\" (\(QuantityText.text(of: value))) never counts, since \"max\" ends a call after"
                    + " \(QuantityText.text(of: max))")
        }
    }

    // MARK: Listening

    private mutating func listenAddresses(_ node: ConfigurationNode) -> [ListenAddress]? {
        let nodes: [ConfigurationNode]
        switch node.kind {
        case .string, .number: nodes = [node]
        case .array: nodes = elements(of: node)
        default:
            wrongKind(node, expected: "an address such as \"127.0.0.1:8808\", or a list of them")
            return nil
        }
        guard !nodes.isEmpty else {
            error(node, "is an empty list; leave it out to listen on \(ListenAddress.standard)")
            return nil
        }
        var addresses: [ListenAddress] = []
        for element in nodes {
            guard let text = element.kind == .number ? element.value.text : string(element) else { continue }
            do {
                let address = try ListenAddress(parsing: text)
                if addresses.contains(address), address.port != 0 {
                    error(element, "\(address) is listed twice")
                } else {
                    addresses.append(address)
                }
            } catch {
                self.error(element, "\"\(text.shortened)\" \(error.reason)")
            }
        }
        return addresses.isEmpty ? nil : addresses
    }

    private mutating func readAuth(_ node: ConfigurationNode, into configuration: inout GatewayConfiguration) {
        switch node.kind {
        case .string:
            guard let text = string(node) else { return }
            if text == AuthConfiguration.anyone.rawValue {
                configuration.auth = .anyone
            } else {
                error(node, "\"\(text.shortened)\" is not known; \"none\" allows everybody who reaches the port")
            }
        case .object: warn(node, "is accepted but has no effect in this version: nobody is asked who they are")
        default: wrongKind(node, expected: "\"none\" or an object")
        }
    }

    private mutating func refuseUnsafeListening(_ configuration: GatewayConfiguration, at node: ConfigurationNode) {
        guard let refusal = configuration.listenRefusal else { return }
        error(node, refusal)
    }

    private mutating func origins(_ node: ConfigurationNode) -> [String]? {
        guard node.kind == .array else {
            wrongKind(node, expected: "a list of origins, such as [\"https://app.example.com\"]")
            return nil
        }
        return elements(of: node).compactMap { element in
            guard let text = string(element) else { return nil }
            if text == "*" || text == "null" { return text }
            let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty,
                parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") })
            else {
                error(
                    element,
                    "\"\(text.shortened)\" is not an origin; write scheme, host and port without a path, such as"
                        + " https://app.example.com, or \"*\" for all")
                return nil
            }
            return text.lowercased()
        }
    }

    private mutating func hosts(_ node: ConfigurationNode) -> [String]? {
        guard node.kind == .array else {
            wrongKind(node, expected: "a list of host names, such as [\"mcp.example.com\"]")
            return nil
        }
        return elements(of: node).compactMap { element in
            guard let text = string(element) else { return nil }
            let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
            let isAddress = bare != text
            guard !bare.isEmpty, bare.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !bare.contains("/"),
                isAddress || !bare.contains(":")
            else {
                error(
                    element,
                    "\"\(text.shortened)\" is not a host; write it without scheme, port and path, such as mcp.example.com,"
                        + " or \"*\" for all")
                return nil
            }
            return bare.lowercased()
        }
    }
}
