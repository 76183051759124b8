/// How the end of a received body is found (RFC 9112, section 6.3).
package enum HTTPBodyFraming: Sendable, Hashable {
    case none
    /// So many bytes; never 0.
    case length(Int)
    case chunked
}
