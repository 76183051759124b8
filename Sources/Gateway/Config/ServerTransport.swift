import Configuration

/// How a server is reached.
package enum ServerTransport: Sendable, Equatable {
    /// A child process speaking on its standard input and output.
    ///
    /// `command` is an absolute path, or a bare name looked up in `PATH`. `environment` is what is added to the
    /// child's environment, in the order of the file. `workingDirectory` is an absolute path when the configuration was
    /// read from a file; `nil` means the gateway's own.
    case stdio(command: String, arguments: [String], environment: [NamedValue], workingDirectory: String?)

    /// A server at an `http` or `https` URL, with headers sent on each request, in the order of the file.
    case http(url: String, headers: [NamedValue], kind: HTTPTransportKind)
}
