import Glibc

extension ConfigurationEnvironment {
    /// The environment, home folder and files of this process.
    ///
    /// Reading blocks: for the start of the program, or on a thread that may wait.
    package static func current() -> ConfigurationEnvironment {
        let variables = currentVariables()
        return ConfigurationEnvironment(
            variables: variables, homeDirectory: variables["HOME"], configDirectory: currentDirectory(),
            readFile: contentsOfFile)
    }

    private static func currentVariables() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return variables
    }

    private static func currentDirectory() -> String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    /// The bytes of a regular file of at most `limit` bytes.
    @Sendable
    package static func contentsOfFile(_ path: String, limit: Int) throws(FileReadError) -> [UInt8] {
        // A path with a NUL would name another file than the one written.
        guard !path.utf8.contains(0) else { throw .system(reason: "the path contains a NUL character") }
        // Not to wait for the other end of a FIFO; regular files do not mind.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(reason: String(cString: strerror(errno))) }
        // Secrets of a container come as links to regular files; /dev/stdin and the like are not configuration.
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return contents }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .system(reason: String(cString: strerror(errno)))
            }
            // The size in `status` may be stale, and is 0 for files of /proc.
            guard contents.count + count <= limit else { throw .tooLarge(limit: limit) }
            contents += buffer[..<count]
        }
    }
}
