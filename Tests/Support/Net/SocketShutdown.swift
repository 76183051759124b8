import Glibc

/// Ends a connection without closing its descriptor (shutdown(2)).
package enum SocketShutdown {
    package static func both(_ descriptor: Int32) { shutdown(descriptor, Int32(SHUT_RDWR)) }
    package static func writing(_ descriptor: Int32) { shutdown(descriptor, Int32(SHUT_WR)) }
}
