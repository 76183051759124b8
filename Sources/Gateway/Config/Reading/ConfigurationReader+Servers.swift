import Configuration
import MCPProtocol

/// `mcpServers`, or `servers` as VS Code has it.
extension ConfigurationReader {
    /// The object the servers stand in; `nil` when there is none.
    mutating func serversNode(in sections: [String: ConfigurationNode]) -> ConfigurationNode? {
        if let node = sections["mcpServers"] {
            if let other = sections["servers"] {
                error(other, "stands beside \"mcpServers\", which means the same; move its servers there")
            }
            return node
        }
        if let node = sections["servers"] { return node }
        // The settings.json of VS Code: { "mcp": { "servers": { … } } }.
        guard let mcp = sections["mcp"], mcp.kind == .object, let members = members(of: mcp) else { return nil }
        return members.first { $0.key == "servers" }
    }

    /// The servers in the order of the file, merged over the defaults.
    mutating func servers(
        from node: ConfigurationNode, _ configuration: GatewayConfiguration
    ) -> [ServerConfiguration] {
        guard let members = members(of: node) else { return [] }
        var servers: [ServerConfiguration] = []
        var nodes: [String: ConfigurationNode] = [:]
        for member in members {
            if member.key.isEmpty {
                error(member, "has an empty name; a server needs one")
                continue
            }
            toleratesMissingValues = Self.isDisabled(member.value)
            defer { toleratesMissingValues = false }
            guard let server = server(from: member, configuration) else { continue }
            if server.prefix == ServerConfiguration.prefix(for: server.name), server.prefix != server.name {
                warn(
                    member,
                    "is called \"\(server.prefix)\" in the names of its tools, which consist of A-Z a-z 0-9 _ and -;"
                        + " write \"prefix\" to choose another name")
            }
            if let other = nodes[server.prefix] {
                error(
                    member,
                    "has the same prefix \"\(server.prefix)\" in tool names as the server \"\(other.key.shortened)\" (line"
                        + " \(line(of: other))); write a different \"prefix\" for one of them")
            } else {
                nodes[server.prefix] = member
            }
            servers.append(server)
        }
        let separator = configuration.naming.separator
        for server in servers where servers.count > 1 && server.prefix.contains(separator) {
            guard let member = nodes[server.prefix] else { continue }
            warn(
                member,
                "has the separator \"\(separator)\" in its prefix \"\(server.prefix)\", so that its tools can be mistaken"
                    + " for those of another server")
        }
        return servers
    }

    /// Looked at before anything else of the server is read.
    private static func isDisabled(_ value: RawJSON) -> Bool {
        value.member("disabled")?.boolValue ?? value.member("enabled")?.boolValue.map { !$0 } ?? false
    }

    /// Keys of a server, for "did you mean".
    private static let knownKeys = [
        "command", "args", "env", "envFile", "cwd", "url", "headers", "type", "transport", "disabled", "enabled",
        "description", "timeouts", "timeout", "pool", "tools", "protocol", "maxInFlight", "prefix", "replay",
    ]

    private static let misplacedKeys: [String: String] = [
        "call": "write it inside \"timeouts\"", "connect": "write it inside \"timeouts\"",
        "list": "write it inside \"timeouts\"", "share": "write it inside \"pool\"",
        "allow": "write it inside \"tools\"", "deny": "write it inside \"tools\"",
        "overrides": "write it inside \"tools\"", "max": "write it inside \"pool\" or \"timeouts\"",
        "idle": "write it inside \"pool\" or \"timeouts\"", "naming": "write it inside \"defaults\"",
        "era": "write it inside \"protocol\"",
    ]

    /// Keys other tools write, and why they change nothing here.
    private static let foreignKeys: [String: String] = [
        "autoApprove": "approving calls is the client's business",
        "alwaysAllow": "approving calls is the client's business",
        "trust": "approving calls is the client's business", "icon": "nothing shows it", "iconPath": "nothing shows it",
        "displayName": "the name is the key of the server", "name": "the name is the key of the server",
        "id": "the name is the key of the server", "authentication": "write the \"Authorization\" in \"headers\"",
        "oauth": "write the \"Authorization\" in \"headers\"",
        "keep_alive": "processes are kept as \"pool.idle\" says",
        "keepAlive": "processes are kept as \"pool.idle\" says",
        "sse_read_timeout": "the limits of silence are in \"timeouts\"",
        "sseReadTimeout": "the limits of silence are in \"timeouts\"",
        "dev": "it is for developing a server inside an editor", "gallery": "it is the editor's own note",
        "version": "it is the editor's own note", "source": "it is the editor's own note",
        "sandbox": "processes are not sandboxed", "sandboxEnabled": "processes are not sandboxed",
        "headersHelper": "write the headers in \"headers\"", "instructions": "nothing reads it",
        "include_tags": "filter by name in \"tools\"", "exclude_tags": "filter by name in \"tools\"",
    ]

    private mutating func server(
        from node: ConfigurationNode, _ configuration: GatewayConfiguration
    ) -> ServerConfiguration? {
        guard let members = members(of: node) else { return nil }
        let found = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0) })
        var server = ServerConfiguration(
            name: node.key,
            transport: .http(url: "", headers: [], kind: .auto),
            timeouts: configuration.defaults.timeouts, pool: configuration.defaults.pool,
            protocolEra: configuration.defaults.protocolEra,
            maxInFlight: configuration.limits.maxInFlightPerServer)
        inheritProvenance(of: node)
        for member in members { read(member, siblings: found, into: &server) }
        if server.timeouts != configuration.defaults.timeouts { warnAboutOrder(of: server.timeouts, at: node) }
        guard let transport = transport(of: node, found) else { return nil }
        server.transport = transport
        return server
    }

    private mutating func read(
        _ member: ConfigurationNode, siblings: [String: ConfigurationNode], into server: inout ServerConfiguration
    ) {
        switch member.key {
        case _ where Self.transportKeys.contains(member.key): return  // Read together, see transport(of:_:).
        case "description":
            if let text = string(member) { server.description = text }
        case "disabled":
            if let value = bool(member) { server.isDisabled = value }
        case "enabled":
            guard let value = bool(member) else { return }
            if siblings["disabled"]?.value.boolValue == value {
                error(member, "contradicts \"disabled\"; remove one of the two")
            }
            server.isDisabled = !value
        case "timeouts":
            readServer(TimeoutConfiguration.settings, from: member, into: &server.timeouts)
            return
        case "timeout":
            readForeignTimeout(member, siblings: siblings, into: &server.timeouts)
            return
        case "pool":
            readServer(PoolConfiguration.settings, from: member, into: &server.pool)
            return
        case "protocol":
            readProtocol(member, into: &server.protocolEra) { .server(line: $0) }
            return
        case "maxInFlight":
            if let value = count(member, in: 1...10_000_000) { server.maxInFlight = value }
        case "replay":
            if let value = bool(member) { server.replay = value }
        case "prefix": readPrefix(member, into: &server)
        case "tools": readTools(member, into: &server.tools)
        case "disabledTools", "excludeTools":
            if let names = strings(member) { server.tools.deny += names.map(NamePattern.init) }
        case "enabledTools", "includeTools":
            if let names = strings(member), siblings["tools"] == nil {
                server.tools.allow = names.map(NamePattern.init)
            }
        default:
            if let reason = Self.foreignKeys[member.key] {
                warn(member, "is ignored: \(reason)")
            } else {
                warnUnknown(member, known: Self.knownKeys, hint: Self.misplacedKeys[member.key])
            }
            return
        }
        provenance[member.path.description] = .server(line: line(of: member))
    }

    /// `timeout` as other tools write it, which is a limit of the whole call: no silence may end the call earlier, and
    /// no cap, unless `timeouts` says so.
    private mutating func readForeignTimeout(
        _ node: ConfigurationNode, siblings: [String: ConfigurationNode], into timeouts: inout TimeoutConfiguration
    ) {
        let explicit = siblings["timeouts"]?.value
        guard explicit?.member("call") == nil else {
            warn(node, "is ignored, since \"timeouts.call\" is set")
            return
        }
        guard let value = foreignTimeout(node, in: TimeoutConfiguration.range) else { return }
        let section = node.path.parent.member("timeouts")
        timeouts.call = value.duration
        provenance[section.member("call").description] = .server(line: line(of: node))
        for (key, property) in [("idle", \TimeoutConfiguration.idle), ("max", \TimeoutConfiguration.max)] {
            guard explicit?.member(key) == nil, let current = timeouts[keyPath: property],
                value.duration.map({ $0 > current }) ?? true
            else { continue }
            timeouts[keyPath: property] = value.duration
            provenance[section.member(key).description] = .server(line: line(of: node))
        }
    }

    /// A section of a server; the same table as in `defaults`, another source.
    private mutating func readServer<Section>(
        _ settings: [Setting<Section>], from node: ConfigurationNode, into section: inout Section
    ) {
        read(settings, from: node, into: &section)
        for setting in settings {
            let path = node.path.member(setting.key).description
            if case .file(let line) = provenance[path] { provenance[path] = .server(line: line) }
        }
    }

    /// What `defaults` says is where the server's settings come from, until it says otherwise.
    private mutating func inheritProvenance(of node: ConfigurationNode) {
        let defaults = ConfigurationPath.root.member("defaults")
        var keys = ProtocolEraPreference.settings.map { ["protocol", $0.key] }
        keys += TimeoutConfiguration.settings.map { ["timeouts", $0.key] }
        keys += PoolConfiguration.settings.map { ["pool", $0.key] }
        for key in keys {
            let source = key.reduce(defaults) { $0.member($1) }.description
            guard case .file(let line) = provenance[source] else { continue }
            provenance[key.reduce(node.path) { $0.member($1) }.description] = .defaults(line: line)
        }
        let limit = ConfigurationPath.root.member("limits").member("maxInFlightPerServer").description
        provenance[node.path.member("maxInFlight").description] = provenance[limit]
    }

    private mutating func readPrefix(_ node: ConfigurationNode, into server: inout ServerConfiguration) {
        guard let text = string(node) else { return }
        // An empty one exposes the names as they are, and lets names through that the server does not list.
        if text.utf8.count <= 64, text.unicodeScalars.allSatisfy(ServerConfiguration.isAllowedInPrefix) {
            server.prefix = text
        } else {
            error(node, "\"\(text.shortened)\" is not at most 64 characters out of A-Z a-z 0-9 _ and -")
        }
    }
}
