/// A server as connections are shared: where to connect, and the connections there are.
// Unchecked: all state is touched on the loop's thread only.
final class HTTP1Origin: @unchecked Sendable {
    struct Key: Hashable {
        let host: String
        let port: UInt16
        let unixSocketPath: String?
    }

    /// Where to connect.
    enum Place {
        case address(SocketAddress)
        /// A name to be looked up; the URL has it and the port.
        case name(url: String)
    }

    let place: Place
    /// The last used last.
    var idle: [HTTP1Connection] = []
    /// Idle ones included.
    var connections = 0
    /// Transfers that wait for one of the allowed connections, in order.
    var waiting: [HTTP1Transfer] = []

    init(_ place: Place) { self.place = place }
}
