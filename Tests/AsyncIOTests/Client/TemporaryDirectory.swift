import Foundation

/// Runs a test with an empty directory of its own, whose path is short enough for a Unix socket in it.
func withTemporaryDirectory(_ body: @Sendable (String) async throws -> Void) async throws {
    let directory =
        FileManager.default.temporaryDirectory.path + "/t" + String(UInt32.random(in: 0...(.max)), radix: 36)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    defer {
        // What remains of a temporary directory is the system's to remove.
        try? FileManager.default.removeItem(atPath: directory)
    }
    try await body(directory)
}
