/// Why a file could not be read.
package enum FileReadError: Error, Equatable {
    /// It cannot be opened or read; `reason` as the system says it, such as "No such file or directory".
    case system(reason: String)

    /// The file is larger than it may be.
    case tooLarge(limit: Int)

    /// A folder, a device or the like.
    case notAFile

    /// To be put after "which".
    package var reason: String {
        switch self {
        case .system(let reason): "cannot be read: \(reason)"
        case .tooLarge(let limit): "is larger than \(limit) bytes, the limit"
        case .notAFile: "is not a regular file"
        }
    }
}
