import Crypto
import Foundation

/// The keys that sign what the gateway hands out and gets back, newest first.
enum StateKeys {
    private static let fileName = "state.key"

    /// - Throws: when the file of the key cannot be read or made; one sentence.
    static func load(_ state: StateConfiguration) throws -> [[UInt8]] {
        let given = ([state.key].compactMap { $0 } + state.previousKeys).map { Array($0.utf8) }
        if state.key != nil { return given }
        guard let dir = state.dir else { return given.isEmpty ? [] : [try RandomBytes.make(32)] + given }
        return [try kept(in: dir)] + given
    }

    private static func kept(in dir: String) throws -> [UInt8] {
        let path = dir + "/" + fileName
        if FileManager.default.fileExists(atPath: path) { return try read(path) }
        try FileManager.default.createDirectory(
            atPath: dir, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let key = try RandomBytes.make(MessageAuthenticationKey.randomSize)
        // Two gateways may start at once: whoever makes the file first gives both the key.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return try read(path) }
            throw SystemErrorText("state.dir: \(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let text = Array(Base64URL.encode(key).utf8)
        guard write(descriptor, text, text.count) == text.count else {
            let reason = String(cString: strerror(errno))
            unlink(path)
            throw SystemErrorText("state.dir: \(path) cannot be written: \(reason)")
        }
        return key
    }

    private static func read(_ path: String) throws -> [UInt8] {
        // Another gateway may be about to write it.
        for _ in 0..<50 {
            let text = try Data(contentsOf: URL(fileURLWithPath: path))
            if let key = Base64URL.decode(Array(text)), key.count >= StateConfiguration.minKeyBytes { return key }
            guard text.isEmpty else { break }
            usleep(10_000)
        }
        throw SystemErrorText("state.dir: \(path) holds no key of ours; remove it to have a new one made")
    }
}
