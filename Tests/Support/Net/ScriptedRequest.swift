/// A request that a ``ScriptedHTTPServer`` has received whole.
package struct ScriptedRequest: Sendable, CustomStringConvertible {
    package let method: String
    package let target: String
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]
    /// The number of its connection, from 1.
    package let connection: Int

    /// The first header field of this name.
    package subscript(field name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body, if it is JSON.
    package var json: JSONTree? {
        do throws(JSONTree.SyntaxError) {
            return try JSONTree(parsing: body)
        } catch {
            return nil
        }
    }

    /// What the body asks for: `tools/call` and such; for a request without one, the HTTP method.
    package var call: String { json?["method"]?.string ?? method }

    /// The JSON-RPC id as it is written; `null` without one.
    package var id: String { json?["id"]?.description ?? "null" }

    package var description: String { "\(method) \(target) \(String(decoding: body.prefix(200), as: UTF8.self))" }
}
