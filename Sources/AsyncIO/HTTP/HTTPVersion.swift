/// The minor version of HTTP/1 a message speaks. A later minor version counts as 1.1 (RFC 9110, section 2.5).
package enum HTTPVersion: Sendable, Hashable {
    case http1_0
    case http1_1
}
