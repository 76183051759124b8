/// Serves with the transport that the options name, until its end.
@LoopActor
func serve(_ options: ServerOptions) async throws {
    let server = Server(options: options)
    try await StdioTransport(server: server).run()
}
