/// How long each stage of talking to a server may last. `nil` is "off": no limit.
package struct TimeoutConfiguration: Sendable, Equatable {
    /// From the start of a connection (or process) until its handshake is complete.
    package var connect: Duration?

    /// All pages of one list (tools, resources, prompts) together.
    package var list: Duration?

    /// Silence allowed between sending a call and the first sign of life: progress, log, question or result.
    package var call: Duration?

    /// Silence allowed after the first sign of life; every further one starts it anew.
    package var idle: Duration?

    /// The whole call, however lively. Not reset by anything.
    package var max: Duration?

    package init(
        connect: Duration? = .seconds(10),
        list: Duration? = .seconds(15),
        call: Duration? = .seconds(30),
        idle: Duration? = .seconds(30),
        max: Duration? = .seconds(15 * 60)
    ) {
        self.connect = connect
        self.list = list
        self.call = call
        self.idle = idle
        self.max = max
    }
}
