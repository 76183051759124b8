/// Why a command could not do what it was asked, in one line. Exit code 1.
struct CommandFailure: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
