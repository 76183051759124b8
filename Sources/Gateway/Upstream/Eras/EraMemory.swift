import AsyncIO
import Crypto
import Dispatch
import Glibc
import MCPClient
import Synchronization

/// Remembers in `state.dir` which servers were found to be legacy, so that a gateway that starts again need not find out
/// anew: that costs three seconds with a server that is silent, and a process with one that exits.
///
/// The file is read once, when the gateway is made, and written by a thread that runs nothing else. What is wrong with it
/// is logged; the gateway then asks its servers, as it does without `state.dir`.
/// - SeeAlso: PROTOCOL.md, 5.4 to 5.6.
final class EraMemory: Sendable {
    private struct State {
        /// What was read, and what has been found out since.
        var eras: RememberedEras
        /// Verdicts given out or taken: the same one comes back with every connection.
        var known: [EraKey: EraVerdict] = [:]
        /// Not yet written.
        var changes: [EraKey: RememberedEras.Change] = [:]
    }

    private let file: EraFile
    private let log: Log
    private let state: Mutex<State>
    private let writer = DispatchQueue(label: "eras")

    /// - Parameter dir: `state.dir`. It is made when there is something to keep.
    init(dir: String, log: Log) {
        file = EraFile(dir: dir)
        self.log = log
        var eras = RememberedEras()
        do {
            if let bytes = try file.read() { eras = try RememberedEras(parsing: bytes) }
        } catch {
            log.warning("eras of servers not remembered", ["file": file.path, "reason": "\(error)"])
        }
        state = Mutex(State(eras: eras))
    }

    /// What is remembered of a server, if it may still be true.
    func verdict(of server: ServerConfiguration) -> EraVerdict? {
        guard let key = key(of: server) else { return nil }
        let (now, instant) = (Self.now(), MonotonicInstant.now)
        return state.withLock { state in
            if let known = state.known[key] { return known }
            let verdict = state.eras.verdict(for: key, now: now, instant: instant)
            state.known[key] = verdict
            return verdict
        }
    }

    /// A session has been opened with a server that was found to be of an era. Does not wait for the file.
    func note(_ verdict: EraVerdict, of server: ServerConfiguration) {
        guard verdict.era == .modern || verdict.isLasting, let key = key(of: server) else { return }
        let age = (MonotonicInstant.now - verdict.time).components.seconds
        let time = Self.now() - Int(clamping: age)
        let isNew = state.withLock { state in
            let change: RememberedEras.Change
            switch verdict.era {
            case .legacy:
                guard state.known[key]?.time != verdict.time else { return false }
                state.known[key] = verdict
                change = .legacy(.init(time: time, basis: verdict.basis))
            case .modern:
                guard state.known.removeValue(forKey: key) != nil || state.eras.entries[key] != nil else {
                    return false
                }
                change = .forgotten(before: time)
            }
            state.eras.apply([key: change])
            defer { state.changes[key] = change }
            return state.changes.isEmpty
        }
        if isNew { writer.async { self.write() } }
    }

    /// Waits until everything noted so far is written, or cannot be.
    func flush() async {
        await withCheckedContinuation { done in writer.async { done.resume() } }
    }

    private func write() {
        let changes = state.withLock { state in
            defer { state.changes = [:] }
            return state.changes
        }
        do {
            try file.update { try self.contents(after: changes, $0) }
        } catch {
            log.warning("eras of servers not kept", ["file": file.path, "reason": "\(error)"])
        }
    }

    /// - Parameter present: what is in the file, by whomever.
    /// - Returns: `nil` if that is as it should be.
    private func contents(
        after changes: [EraKey: RememberedEras.Change], _ present: [UInt8]?
    ) throws(RememberedEras.Unreadable) -> [UInt8]? {
        var eras = RememberedEras()
        do throws(RememberedEras.Unreadable) {
            if let present { eras = try RememberedEras(parsing: present) }
        } catch {
            switch error {
            case .newer: throw error
            case .foreign: log.warning("eras of servers written anew", ["file": file.path, "reason": "\(error)"])
            }
        }
        eras.apply(changes)
        eras.tidy(now: Self.now())
        let bytes = eras.serialized()
        return bytes == present ? nil : bytes
    }

    private func key(of server: ServerConfiguration) -> EraKey? {
        do throws(CryptoError) {
            return try EraKey(server)
        } catch {
            log.warning("era of server not remembered", ["server": server.name, "reason": "\(error)"])
            return nil
        }
    }

    /// In seconds since 1970.
    private static func now() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now.tv_sec
    }
}
