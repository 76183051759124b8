/// A server could not listen.
package struct HTTPServerStartError: Error, Hashable, Sendable, CustomStringConvertible {
    package let address: SocketAddress
    package let error: SystemError

    package var description: String { "cannot listen on \(address): \(error)" }
}
