import TestSupport

/// What crossed a server's wires, as the server wrote it down.
enum UpstreamRecord {
    /// Checks every message against the schema of the server's revision.
    ///
    /// - Returns: what is wrong, and the number of messages that the gateways sent and got.
    static func problems(of server: MatrixServer, in directory: TemporaryDirectory) async throws
        -> (problems: [String], messages: Int)
    {
        let lines = try directory.read(server.recordName).split(separator: "\n").map {
            try JSONTree(parsing: Array($0.utf8))
        }
        let log = MessageLog()
        var problems: [String] = []
        for line in lines {
            guard let message = line["message"], let session = line["session"]?.string else {
                problems.append("\(server): no record of a message: \(line)")
                continue
            }
            // Before anything is agreed on, a client speaks the revision it asks for, or the one it claims.
            let claimed = message["params"]?["_meta"]?["io.modelcontextprotocol/protocolVersion"]?.string
            let asked = message["params"]?["protocolVersion"]?.string ?? claimed
            // To what a server does not understand it answers in its own.
            let own = message["method"] == nil ? server.revision.rawValue : nil
            let revision = line["revision"]?.string ?? asked ?? own ?? "none"
            if revision != server.revision.rawValue, asked == nil {
                problems.append("\(server): \(revision) was spoken: \(message)")
                continue
            }
            if line["transport"]?.string != "\(server.transport)" {
                problems.append("\(server): came over another transport: \(line)")
            }
            try await log.record(
                message.bytes, on: "\(server), \(session)", revision: revision,
                sender: line["from"] == "client" ? .client : .server)
        }
        return (problems + (await log.problems()), lines.count)
    }
}
