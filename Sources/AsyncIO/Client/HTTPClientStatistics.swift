/// What an ``HTTPClient`` has done and holds.
package struct HTTPClientStatistics: Sendable, Hashable {
    /// Connections that were made and used.
    package var connectionsOpened = 0
    /// Requests that went out on a connection made for an earlier one.
    package var connectionsReused = 0
    /// Requests started.
    package var requests = 0
    package var transfersInFlight = 0
    /// Sockets open at the moment, idle connections included.
    package var openSockets = 0
    /// Configured libcurl handles waiting for the next request.
    package var idleHandles = 0

    static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.connectionsOpened += right.connectionsOpened
        sum.connectionsReused += right.connectionsReused
        sum.requests += right.requests
        sum.transfersInFlight += right.transfersInFlight
        sum.openSockets += right.openSockets
        sum.idleHandles += right.idleHandles
        return sum
    }
}
