import Configuration
import Glibc

/// The folder `state.dir`, where the gateway keeps what has to outlive it.
enum StateFolder {
    /// Makes a folder, and those above it, for the owner only.
    static func make(_ path: String) throws(SystemErrorText) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        let code = errno
        let above = FilePathText.directory(of: path)
        guard code == ENOENT, above != path, above != "." else { throw failure(path, "cannot be made", code) }
        try make(above)
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw failure(path, "cannot be made", errno)
    }

    static func failure(_ path: String, _ fact: String, _ code: Int32) -> SystemErrorText {
        SystemErrorText("state.dir: \(path) \(fact): \(String(cString: strerror(code)))")
    }
}
