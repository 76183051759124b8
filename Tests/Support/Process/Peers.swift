import Foundation

/// The Python environments with third-party clients and servers, made by `make test` under `.build/peers`.
package enum Peers: String, Sendable, CaseIterable {
    /// The official SDK 1.x, FastMCP on top of it, and published servers that need no network: `mcp-server-time`,
    /// `mcp-server-git`, `mcp-server-sqlite`.
    case sdk1
    /// The official SDK 2.x, FastMCP on top of it, and `jsonschema`.
    case sdk2
    /// FastMCP on SDK 2.x with its extension for tasks.
    case tasks
    /// The OpenAI client, `openai-agents` on top of it, and `stubllm`, a stand-in for a model.
    case agent
    /// The OpenAI client of the line before, the DIAL client and SDK, and LangChain.
    case dial

    /// The interpreter of an environment.
    ///
    /// - Throws: when the environment was not made. A test lets the error through: it fails, and says what to do.
    package static func python(_ environment: Peers) throws -> String {
        try environment.program("python")
    }

    /// A program that a package of this environment installs, such as `mcp-server-time`.
    package func program(_ name: String) throws -> String {
        let folder = Repository.root.appending(path: ".build/peers/\(rawValue)")
        let path = folder.appending(path: "bin/\(name)").path
        // The stamp is written last: without it the environment is half made.
        let stamp = folder.appending(path: "stamp").path
        guard FileManager.default.isExecutableFile(atPath: path), FileManager.default.fileExists(atPath: stamp) else {
            throw Repository.Missing(path: path, advice: "run make test, which installs it")
        }
        return path
    }
}
