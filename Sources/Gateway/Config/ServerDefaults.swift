/// The section `defaults`: settings of every server that does not set its own.
package struct ServerDefaults: Sendable, Equatable {
    package var timeouts: TimeoutConfiguration
    package var pool: PoolConfiguration
    package var protocolEra: ProtocolEraPreference

    package init(
        timeouts: TimeoutConfiguration = TimeoutConfiguration(),
        pool: PoolConfiguration = PoolConfiguration(),
        protocolEra: ProtocolEraPreference = .auto
    ) {
        self.timeouts = timeouts
        self.pool = pool
        self.protocolEra = protocolEra
    }
}
