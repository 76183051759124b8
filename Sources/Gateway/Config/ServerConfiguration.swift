/// One upstream MCP server: an entry of `mcpServers` merged over `defaults` and the built-in defaults.
package struct ServerConfiguration: Sendable, Equatable {
    /// The key in the file, any non-empty text; the name in logs, errors and `/v1/servers`.
    package var name: String

    /// What exposed names begin with: ``name`` with every run of other characters than `A-Z a-z 0-9 _ -` made one `_`,
    /// or the server's `prefix`. Unique among all servers.
    package var prefix: String

    /// A sentence for people; not interpreted.
    package var description: String?

    package var transport: ServerTransport
    package var timeouts: TimeoutConfiguration
    package var pool: PoolConfiguration
    package var tools: ToolFilterConfiguration

    /// Which era of the protocol to speak.
    package var protocolEra: ProtocolEraPreference

    /// Calls in flight to this server at any moment, over all its connections.
    package var maxInFlight: Int

    /// Whether a call that asked its client something, and is no longer in progress when the answer comes, is made again
    /// where that does no harm.
    package var replay: Bool

    /// Whether the server is kept in the file but not used.
    package var isDisabled: Bool

    package init(
        name: String,
        prefix: String? = nil,
        description: String? = nil,
        transport: ServerTransport,
        timeouts: TimeoutConfiguration = TimeoutConfiguration(),
        pool: PoolConfiguration = PoolConfiguration(),
        tools: ToolFilterConfiguration = ToolFilterConfiguration(),
        protocolEra: ProtocolEraPreference = .auto,
        maxInFlight: Int = LimitsConfiguration().maxInFlightPerServer,
        replay: Bool = false,
        isDisabled: Bool = false
    ) {
        self.name = name
        self.prefix = prefix ?? Self.prefix(for: name)
        self.description = description
        self.transport = transport
        self.timeouts = timeouts
        self.pool = pool
        self.tools = tools
        self.protocolEra = protocolEra
        self.maxInFlight = maxInFlight
        self.replay = replay
        self.isDisabled = isDisabled
    }

    /// The prefix of a server called `name`: the same name gives the same prefix, whatever else is configured.
    package static func prefix(for name: String) -> String {
        var prefix = ""
        var isInRun = false
        for scalar in name.unicodeScalars {
            if isAllowedInPrefix(scalar) {
                prefix.unicodeScalars.append(scalar)
                isInRun = false
            } else if !isInRun {
                prefix.append("_")
                isInRun = true
            }
        }
        return prefix
    }

    /// Tool names are limited to these in practice (model vendors refuse others).
    static func isAllowedInPrefix(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }
}
