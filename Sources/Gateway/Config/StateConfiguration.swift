/// The section `state`: what lets the gateway take back what it handed out before it was restarted, or what another one
/// with the same key handed out.
package struct StateConfiguration: Sendable, Equatable {
    /// Where the gateway keeps a key that it makes itself; `nil`: nowhere, so it is good for one run.
    package var dir: String?
    /// The key that signs, as given by the operator; several gateways may have the same.
    package var key: String?
    /// Keys that signed before it, and are still taken.
    package var previousKeys: [String]

    /// The shortest key that is taken, in bytes.
    package static let minKeyBytes = 16

    package init(dir: String? = nil, key: String? = nil, previousKeys: [String] = []) {
        self.dir = dir
        self.key = key
        self.previousKeys = previousKeys
    }
}
