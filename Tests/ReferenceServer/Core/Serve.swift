/// Serves with the transport that the options name, until its end.
@LoopActor
func serve(_ options: ServerOptions) async throws {
    let server = try Server(options: options)
    if let http = options.http {
        try await HTTPTransport(server: server).run(host: http.host, port: http.port)
    } else {
        try await StdioTransport(server: server).run()
    }
}
