import Configuration

/// Everything `gateway.json` decides, with every default filled in.
///
/// An immutable snapshot: a request keeps the one it started with, so that a reload never changes work in flight. Two
/// values are equal when the gateway would behave the same; where a setting was written is not part of it, see
/// ``Provenance``.
///
/// Strings hold **expanded** values, secrets included. Whatever is shown to anyone goes through ``redactor`` first.
package struct GatewayConfiguration: Sendable, Equatable {
    /// Where the HTTP service listens, never empty. A port of 0 lets the kernel choose.
    package var listen: [ListenAddress]

    /// The upstream servers in the order of the file, disabled ones included.
    package var servers: [ServerConfiguration]

    /// What applies to a server that does not say otherwise; already merged into every element of ``servers``.
    package var defaults: ServerDefaults

    /// How tools are named towards clients.
    package var naming: NamingConfiguration

    /// How the merged catalogue is fetched and kept fresh.
    package var catalog: CatalogConfiguration

    /// The bounds of everything that could grow.
    package var limits: LimitsConfiguration

    /// What outlives one run.
    package var state: StateConfiguration

    /// Who may call.
    package var auth: AuthConfiguration

    /// The number of event loops; `nil` means one for each processor core.
    package var loops: Int?

    /// Values of the `Origin` header accepted besides those of loopback hosts; `*` accepts every origin.
    package var allowedOrigins: [String]

    /// Hosts, without port, accepted in the `Host` header besides the ones listened on; `*` accepts every host.
    package var allowedHosts: [String]

    /// The least severe messages that are logged.
    package var logLevel: ConfiguredLogLevel

    /// Replaces every secret of this configuration in texts meant for people and logs.
    package var redactor: Redactor

    package init(
        listen: [ListenAddress] = [.standard],
        servers: [ServerConfiguration] = [],
        defaults: ServerDefaults = ServerDefaults(),
        naming: NamingConfiguration = NamingConfiguration(),
        catalog: CatalogConfiguration = CatalogConfiguration(),
        limits: LimitsConfiguration = LimitsConfiguration(),
        state: StateConfiguration = StateConfiguration(),
        auth: AuthConfiguration = .unset,
        loops: Int? = nil,
        allowedOrigins: [String] = [],
        allowedHosts: [String] = [],
        logLevel: ConfiguredLogLevel = .info,
        redactor: Redactor = Redactor(secrets: [])
    ) {
        self.listen = listen
        self.servers = servers
        self.defaults = defaults
        self.naming = naming
        self.catalog = catalog
        self.limits = limits
        self.state = state
        self.auth = auth
        self.loops = loops
        self.allowedOrigins = allowedOrigins
        self.allowedHosts = allowedHosts
        self.logLevel = logLevel
        self.redactor = redactor
    }

    /// Whether exposed names carry the prefix of their server.
    ///
    /// Disabled servers count: switching one off must not rename the tools of the other.
    package var usesPrefixes: Bool { naming.prefix == .always || servers.count > 1 }

    /// What people who are asked something are told of who asks; `nil` with one server, which need not be told apart.
    package func shownName(of server: String) -> String? { usesPrefixes ? server : nil }

    /// The server whose key in the file is `name`, disabled or not.
    package func server(named name: String) -> ServerConfiguration? {
        servers.first { $0.name == name }
    }
}
