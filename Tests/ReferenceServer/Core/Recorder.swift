import Glibc
import MCPProtocol

/// Appends every message that crosses the wire to a file, one JSON object a line, for a test to check.
///
/// Several processes may share the file: each line is one `write` in append mode.
@LoopActor
final class Recorder {
    enum Sender: String {
        case client, server
    }

    private let path: String
    private let descriptor: Int32

    init(path: String) throws(OptionError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw OptionError("--record \(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// - Parameters:
    ///   - revision: `nil` before it is negotiated.
    ///   - message: JSON, possibly over several lines, which become one.
    func record(
        _ message: [UInt8], from sender: Sender, session: String, transport: TransportKind, revision: ProtocolRevision?
    ) {
        var message = message
        if message.contains(UInt8(ascii: "\n")) || message.contains(UInt8(ascii: "\r")) {
            message = JSONValue(RawJSON(unchecked: message[...])).serialized()
        }
        var writer = JSONWriter(capacity: message.count + 128)
        writer.beginObject()
        writer.key("session")
        writer.string(session)
        writer.key("transport")
        writer.string(transport.rawValue)
        writer.key("revision")
        if let revision { writer.string(revision.rawValue) } else { writer.null() }
        writer.key("from")
        writer.string(sender.rawValue)
        writer.key("message")
        writer.raw(message)
        writer.endObject()
        let line = writer.finish() + [UInt8(ascii: "\n")]
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        // A record with gaps would make a test pass that should not.
        guard written == line.count else {
            exitWithError("--record \(path): \(written < 0 ? String(cString: strerror(errno)) : "the disk is full")")
        }
    }
}
