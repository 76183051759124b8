/// How many connections (or processes) a server gets and who shares them.
package struct PoolConfiguration: Sendable, Equatable {
    package var share: PoolShare

    /// Connections or processes of this server at any moment, over all partitions.
    package var max: Int

    /// How long an unused one is kept warm; `nil` keeps it for as long as the gateway runs.
    package var idle: Duration?

    package init(share: PoolShare = .auto, max: Int = 8, idle: Duration? = .seconds(5 * 60)) {
        self.share = share
        self.max = max
        self.idle = idle
    }
}
