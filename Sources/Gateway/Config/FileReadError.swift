/// Why a file could not be read.
package enum FileReadError: Error, Equatable {
    /// The operation (`open`, `read`) and its `errno`.
    case system(operation: String, code: Int32)

    /// The file is larger than it may be.
    case tooLarge(limit: Int)

    /// A folder, a device or the like.
    case notAFile
}
