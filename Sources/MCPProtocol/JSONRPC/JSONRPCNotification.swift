/// A message without an id, never answered.
package struct JSONRPCNotification: Equatable, Sendable {
    package var method: String
    /// An object or array; `nil` when absent or `null`.
    package var params: RawJSON?

    package init(method: String, params: RawJSON? = nil) {
        self.method = method
        self.params = params
    }
}
