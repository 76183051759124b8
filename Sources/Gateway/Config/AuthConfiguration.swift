/// Who may call the gateway.
package enum AuthConfiguration: String, Sendable {
    /// Nothing was said: everybody may call, so the gateway only listens on loopback addresses and Unix sockets.
    case unset

    /// `"auth": "none"`: everybody may call, on purpose, wherever the gateway listens.
    case anyone = "none"
}
