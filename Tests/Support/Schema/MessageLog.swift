/// Every message that crossed the connections a test watches, to be checked against the schemas at its end.
package actor MessageLog {
    /// One message as it crossed the wire.
    package struct Entry: Sendable {
        /// The connection, by a name of the test's choice. Ids of requests are unique within it.
        package let channel: String
        package let revision: String
        package let sender: MessageValidator.Sender
        /// The method of a request or notification; for a response, the method of the request that it answers.
        package let method: String?
        package let bytes: [UInt8]
        /// What is wrong with it; empty when nothing is.
        package let problems: [String]
    }

    private struct Question: Hashable {
        let channel: String
        let sender: MessageValidator.Sender
        let id: JSONTree
    }

    private struct Request {
        let method: String
        /// The one it claims; `nil` where it claims none.
        let revision: String?
    }

    private let customMethods: Set<String>
    private var asked: [Question: Request] = [:]
    package private(set) var entries: [Entry] = []

    /// - Parameter customMethods: as in ``MessageValidator/init(revision:customMethods:)``.
    package init(customMethods: Set<String> = []) { self.customMethods = customMethods }

    /// Adds a message and checks it at once.
    ///
    /// A response is checked against the result of the method that was asked under its id on the same channel; one that
    /// answers no request there is a problem itself. A request therefore has to be recorded before its response.
    ///
    /// A request that says in which revision it is written, as from 2026-07-28 on all do, is checked against that one, and
    /// so is its result: a client that does not know yet what its server speaks asks in the newest.
    ///
    /// - Parameter method: the method that a response answers, where the test knows better.
    package func record(
        _ bytes: [UInt8], on channel: String, revision: String, sender: MessageValidator.Sender,
        answering method: String? = nil
    ) throws {
        let validator = try MessageValidator(revision: revision, customMethods: customMethods)
        func add(
            _ part: JSONTree?, _ bytes: [UInt8], revision: String = revision, method: String?, problems: [String]
        ) {
            let method = part?["method"]?.string ?? method
            entries.append(
                Entry(
                    channel: channel, revision: revision, sender: sender, method: method, bytes: bytes,
                    problems: problems))
        }
        let tree: JSONTree
        do {
            tree = try JSONTree(parsing: bytes)
        } catch {
            return add(nil, bytes, method: nil, problems: ["$: \(error)"])
        }
        let batchProblems = tree.elements.map(validator.problems(inBatch:)) ?? []
        if !batchProblems.isEmpty { add(nil, bytes, method: nil, problems: batchProblems) }
        // The parts of a batch may answer different methods.
        for part in tree.elements ?? [tree] {
            let (answered, claimed, orphan) = correlate(part, channel, sender)
            let validator =
                try claimed.map { try MessageValidator(revision: $0, customMethods: customMethods) } ?? validator
            let problems = validator.problems(inPart: part, at: "$", sender, method ?? answered)
            add(
                part, tree.elements == nil ? bytes : part.bytes, revision: validator.revision,
                method: method ?? answered,
                problems: problems + (method == nil ? orphan : []))
        }
    }

    /// The method that a response answers, and a problem when it answers none; with the revision that a request claims,
    /// and with that of its request for a result.
    private func correlate(
        _ message: JSONTree, _ channel: String, _ sender: MessageValidator.Sender
    ) -> (method: String?, revision: String?, problems: [String]) {
        guard let id = message["id"] else { return (nil, nil, []) }
        if let method = message["method"]?.string {
            let claim = message["params"]?["_meta"]?["io.modelcontextprotocol/protocolVersion"]?.string
            let earlier = asked.updateValue(
                Request(method: method, revision: claim), forKey: Question(channel: channel, sender: sender, id: id))
            return (nil, claim, earlier == nil ? [] : ["$.id: \(id) was used before on this connection"])
        }
        // A null id answers what could not be read.
        guard id != .null else { return (nil, nil, []) }
        guard let request = asked[Question(channel: channel, sender: sender.other, id: id)] else {
            return (nil, nil, ["$.id: \(id) answers no request of the \(sender.other) on this connection"])
        }
        return (request.method, message["result"] == nil ? nil : request.revision, [])
    }

    /// Everything that was wrong, one line per problem with the message it was found in; empty when all were right.
    ///
    /// A test ends with `#expect(await log.problems() == [])`.
    package func problems() -> [String] {
        entries.flatMap { entry in
            entry.problems.map { problem in
                let text = String(decoding: entry.bytes.prefix(400), as: UTF8.self)
                return "[\(entry.channel), \(entry.revision), from \(entry.sender)] \(problem)\n    in \(text)"
            }
        }
    }
}
