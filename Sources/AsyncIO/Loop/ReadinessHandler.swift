import CLinux

/// What the kernel says of a descriptor.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Readiness(rawValue: clinux_epollin)
    package static let writable = Readiness(rawValue: clinux_epollout)
    package static let error = Readiness(rawValue: clinux_epollerr)
    /// Both directions are closed.
    package static let hangUp = Readiness(rawValue: clinux_epollhup)
    /// The peer will send nothing more.
    package static let peerHangUp = Readiness(rawValue: clinux_epollrdhup)
    /// Ask for changes only: the loop speaks once per change, so the handler remembers what it was told.
    package static let edgeTriggered = Readiness(rawValue: 1 << 31)
}

/// Receives a descriptor's readiness, on the loop the descriptor is registered with.
package protocol ReadinessHandler: AnyObject, Sendable {
    func handleReadiness(_ readiness: Readiness)
}

/// A descriptor's place in a loop. Carries a generation, so that an event that was on its way when the descriptor was
/// deregistered cannot reach the next owner of the number.
package struct Registration: Sendable, Hashable {
    package let descriptor: Int32
    let generation: UInt32

    var data: UInt64 { UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor)) }
}
