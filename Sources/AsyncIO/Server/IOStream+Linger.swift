extension IOStream {
    /// How much is read and dropped before a client that goes on sending is cut.
    private static var maxLingeringBytes: Int { 1 << 20 }

    /// Says that nothing more comes, then reads and drops what the client still sends, until it closes, too.
    ///
    /// Closing a socket that has unread bytes resets the connection, and the reset would destroy the last answer before
    /// the client has read it (RFC 9112, section 9.6).
    func linger(until deadline: MonotonicInstant) async {
        shutDownWriting()
        var dropped = 0
        while dropped < Self.maxLingeringBytes {
            do throws(IOStreamError) {
                guard let count = try await read(until: deadline, { $0.count }) else { return }
                dropped += count
            } catch {
                // The client is gone or too slow: either way there is nothing left to wait for.
                return
            }
        }
    }
}
