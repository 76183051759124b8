import Glibc

/// The file in `state.dir` that ``RememberedEras`` are kept in. Its calls block.
///
/// Several gateways may have the same: whoever changes it takes a lock, reads what others have written, and puts a new
/// file in its place, so that nobody ever reads half of one.
struct EraFile: Sendable {
    let dir: String

    private static let fileName = "eras.json"
    /// How often, and after how many microseconds, the lock of another gateway is tried again.
    private static let lockAttempts = 100
    private static let lockPause: UInt32 = 20_000

    var path: String { dir + "/" + Self.fileName }
    private var newPath: String { path + ".new" }
    private var lockPath: String { dir + "/eras.lock" }

    /// - Returns: the bytes of the file, at most one more than ``RememberedEras/maxFileBytes``; `nil` if there is none.
    /// - Throws: where there is something by its name that cannot be read.
    func read() throws(SystemErrorText) -> [UInt8]? {
        // Not to wait for the other end of a pipe, should the name be one's.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StateFolder.failure(path, "cannot be read", errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StateFolder.failure(path, "cannot be read", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemErrorText("state.dir: \(path) is no file") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= RememberedEras.maxFileBytes {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count > 0 { bytes += buffer[..<count] }
            if count < 0, errno != EINTR { throw StateFolder.failure(path, "cannot be read", errno) }
        }
        return bytes
    }

    /// Changes the file; others that change it meanwhile wait.
    ///
    /// - Parameter change: makes the new contents of the present ones; `nil` leaves the file as it is.
    func update(_ change: ([UInt8]?) throws -> [UInt8]?) throws {
        try StateFolder.make(dir)
        let lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw StateFolder.failure(lockPath, "cannot be made", errno) }
        // Closing gives the lock back.
        defer { close(lock) }
        try take(lock)
        guard let bytes = try change(try read()) else { return }
        try write(bytes)
    }

    private func take(_ lock: Int32) throws(SystemErrorText) {
        for _ in 0..<Self.lockAttempts {
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { return }
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw StateFolder.failure(lockPath, "cannot be locked", errno)
            }
            usleep(Self.lockPause)
        }
        throw SystemErrorText("state.dir: \(lockPath) has been locked by another process for 2 s")
    }

    private func write(_ bytes: [UInt8]) throws(SystemErrorText) {
        // One left behind may have another mode.
        unlink(newPath)
        let descriptor = open(newPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StateFolder.failure(newPath, "cannot be made", errno) }
        var code: Int32 = 0
        var rest = bytes[...]
        while code == 0, !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { code = errno }
        }
        // Before the name: a machine that stops now must not find an empty file under it.
        if code == 0, fsync(descriptor) != 0 { code = errno }
        close(descriptor)
        if code == 0, rename(newPath, path) != 0 { code = errno }
        guard code != 0 else { return }
        unlink(newPath)
        throw StateFolder.failure(path, "cannot be written", code)
    }
}
