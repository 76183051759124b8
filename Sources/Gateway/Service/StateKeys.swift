import Configuration
import Crypto
import Glibc

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

    private static func kept(in dir: String) throws(SystemErrorText) -> [UInt8] {
        let path = dir + "/" + fileName
        if let key = try read(path) { return key }
        try StateFolder.make(dir)
        let key: [UInt8]
        do throws(CryptoError) {
            key = try RandomBytes.make(MessageAuthenticationKey.randomSize)
        } catch {
            throw SystemErrorText("state.dir: no key can be made: \(error)")
        }
        // Two gateways may start at once: whoever makes the file first gives both the key.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code = errno
            if code == EEXIST, let key = try read(path) { return key }
            throw StateFolder.failure(path, "cannot be made", code)
        }
        defer { close(descriptor) }
        let text = Array(Base64URL.encode(key).utf8)
        guard write(descriptor, text, text.count) == text.count else {
            let code = errno
            unlink(path)
            throw StateFolder.failure(path, "cannot be written", code)
        }
        return key
    }

    /// - Returns: `nil` if there is no such file.
    private static func read(_ path: String) throws(SystemErrorText) -> [UInt8]? {
        // Another gateway may be about to write it.
        for _ in 0..<50 {
            guard let text = try bytes(of: path) else { return nil }
            if let key = Base64URL.decode(text), key.count >= StateConfiguration.minKeyBytes { return key }
            guard text.isEmpty else { break }
            usleep(10_000)
        }
        throw SystemErrorText("state.dir: \(path) holds no key of ours; remove it to have a new one made")
    }

    /// The beginning of a file, more than a key has.
    private static func bytes(of path: String) throws(SystemErrorText) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StateFolder.failure(path, "cannot be read", errno)
        }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count >= 0 else { throw StateFolder.failure(path, "cannot be read", errno) }
        return Array(buffer[..<count])
    }
}
