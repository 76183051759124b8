import CCurl
import Glibc

/// A socket of libcurl's in the loop's epoll.
///
/// libcurl stops watching a connection whenever it falls idle and starts again for the next request. The registration
/// is kept over that pause, which spares two system calls for each request; should the idle socket speak (mostly the
/// server closing it), the registration goes, and libcurl finds out when it next looks at the connection.
// Unchecked: touched on the loop's thread only.
final class CurlSocket: ReadinessHandler, @unchecked Sendable {
    let descriptor: curl_socket_t
    private unowned let multi: CurlMulti
    /// Opened by our callback, and counted.
    let isOwned: Bool
    /// Belongs to a connection that stands, so that our callback will close it: only then is it safe to stay registered
    /// while it is idle.
    var isLasting = false
    /// Tells the socket from a later one of the same number.
    private let inode: ino_t?
    private var registration: Registration?
    private var interest: Readiness = []
    private var isIdle = false

    init(_ descriptor: curl_socket_t, isOwned: Bool, multi: CurlMulti) {
        self.descriptor = descriptor
        self.isOwned = isOwned
        self.multi = multi
        inode = isOwned ? Self.inode(of: descriptor) : nil
    }

    private static func inode(of descriptor: curl_socket_t) -> ino_t? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status.st_ino : nil
    }

    /// Whether the descriptor still is the socket it was.
    var isStillOpen: Bool { inode != nil && Self.inode(of: descriptor) == inode }

    /// `nil`: not in the epoll.
    var watchedInterest: Readiness? { registration == nil ? nil : interest }

    func watch(_ interest: Readiness) throws(SystemError) {
        isIdle = false
        if let registration {
            guard interest != self.interest else { return }
            try multi.loop.modify(registration, interest: interest)
        } else {
            registration = try multi.loop.register(descriptor, for: interest, handler: self)
        }
        self.interest = interest
    }

    func rest() {
        isIdle = true
        if !isLasting || interest.contains(.writable) { stop() }
    }

    func stop() {
        guard let registration else { return }
        self.registration = nil
        multi.loop.deregister(registration)
    }

    func handleReadiness(_ readiness: Readiness) {
        guard !isIdle else { return stop() }
        var mask: Int32 = 0
        if !readiness.isDisjoint(with: [.readable, .peerHangUp, .hangUp]) { mask |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { mask |= CURL_CSELECT_OUT }
        if readiness.contains(.error) { mask |= CURL_CSELECT_ERR }
        multi.socketIsReady(descriptor, mask: mask)
    }
}
