import Foundation

/// Where the sources and the built programs of this package are.
package enum Repository {
    /// The folder of `Package.swift`.
    package static let root: URL = {
        // This file is Tests/Support/Process/Repository.swift.
        var folder = URL(filePath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        return folder
    }()

    /// The folder that the running test program was built into, which holds the executables it depends on.
    package static let products: URL =
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    /// A built program of this package, such as `mcp-gateway`.
    ///
    /// - Throws: ``Missing`` when it was not built: the test target has to name it among its dependencies.
    package static func executable(_ name: String) throws -> String {
        let path = products.appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: path) else { throw Missing(path: path, advice: nil) }
        return path
    }

    /// A script of `Tests/Peers`.
    package static func script(_ name: String) throws -> String {
        let path = root.appending(path: "Tests/Peers/\(name)").path
        guard FileManager.default.fileExists(atPath: path) else { throw Missing(path: path, advice: nil) }
        return path
    }

    /// A program that a test needs is not there.
    package struct Missing: Error, CustomStringConvertible {
        package let path: String
        package let advice: String?
        package var description: String { "\(path) is missing" + (advice.map { ": \($0)" } ?? "") }
    }
}
