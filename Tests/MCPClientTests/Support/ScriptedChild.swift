import AsyncIO
import TestSupport

/// A stdio server written as a shell script. The ids of a connection's requests count from 1, so a script can say its
/// answers word for word. What it hears is kept.
final class ScriptedChild: Sendable {
    private let directory: TemporaryDirectory

    /// - Parameter script: may use `hear` (reads a line), `say TEXT`, `shake [REVISION]` (the whole handshake),
    ///   `result ID JSON` and `listen` (hears until the end of input).
    init(_ script: String) throws {
        directory = try TemporaryDirectory()
        try directory.write(Self.prelude + script, to: "server.sh")
        try directory.write("", to: "heard")
    }

    private static let prelude = #"""
        hear() { IFS= read -r line || exit 0; printf '%s\n' "$line" >>"$LOG"; }
        listen() { while :; do hear; done; }
        say() { printf '%s\n' "$1"; }
        result() { say '{"jsonrpc":"2.0","id":'"$1"',"result":'"$2"'}'; }
        welcome() {
            result 1 '{"protocolVersion":"'"${1:-2025-11-25}"'","capabilities":{"tools":{}},"serverInfo":{"name":"script","version":"1"}}'
        }
        shake() { hear; welcome "$1"; hear; }

        """#

    var command: ChildCommand {
        ChildCommand(
            file: "/bin/sh", arguments: [directory.path("server.sh")],
            environment: [
                .init(name: "PATH", value: "/usr/bin:/bin"), .init(name: "LOG", value: directory.path("heard")),
            ])
    }

    /// The lines heard so far.
    func heard() throws -> [JSONTree] {
        try directory.read("heard").split(separator: "\n").map { try JSONTree(parsing: String($0)) }
    }

    /// The first message heard that asks for this.
    func heard(_ method: String) throws -> JSONTree? { try heard().first { $0["method"]?.string == method } }
}
