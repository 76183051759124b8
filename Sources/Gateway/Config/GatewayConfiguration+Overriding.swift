import Configuration

extension GatewayConfiguration {
    /// The same configuration listening elsewhere, as `--listen` asks. An empty list changes nothing.
    ///
    /// ``listenRefusal`` applies to the outcome.
    package func overriding(listen: [ListenAddress]) -> GatewayConfiguration {
        guard !listen.isEmpty else { return self }
        var copy = self
        copy.listen = listen
        return copy
    }

    /// Why the gateway must not listen where it is told to; `nil` when it may.
    ///
    /// Whoever reaches the port may call every tool, so leaving the machine has to be meant.
    package var listenRefusal: String? {
        guard auth == .unset, let address = listen.first(where: { !$0.isLoopback }) else { return nil }
        return "\(address) can be reached from other machines and nobody is asked who they are; listen on a loopback"
            + " address or a Unix socket, or write \"auth\": \"none\" to allow everybody who reaches the port"
    }
}
