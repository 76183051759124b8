import MCPClient
import Synchronization

/// What is known of the gateway's era, over all sessions with it.
///
/// Sessions that last ask for it whenever they connect, as the gateway may have been replaced; those of single runs, which
/// are many, do without where it is known that the gateway wants a session.
final class GatewayEra: Sendable {
    private let verdict = Mutex<EraVerdict?>(nil)

    func note(_ found: EraVerdict?) { verdict.withLock { $0 = found } }

    /// `nil` where the gateway has to be asked. A newer one always is: its answer also says what it has.
    var known: EraVerdict? { verdict.withLock { $0?.era == .legacy ? $0 : nil } }
}
