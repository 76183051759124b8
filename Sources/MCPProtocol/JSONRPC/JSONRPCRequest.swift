/// A call that wants an answer.
package struct JSONRPCRequest: Equatable, Sendable {
    package var id: RequestID
    package var method: String
    /// An object or array; `nil` when absent or `null`.
    package var params: RawJSON?

    package init(id: RequestID, method: String, params: RawJSON? = nil) {
        self.id = id
        self.method = method
        self.params = params
    }
}
