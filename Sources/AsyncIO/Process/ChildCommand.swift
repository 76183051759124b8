/// What to run as a child process.
package struct ChildCommand: Sendable, Hashable {
    package struct Variable: Sendable, Hashable {
        package let name: String
        package let value: String
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A path, or a name looked up in `PATH` of the child's environment.
    package var file: String
    package var arguments: [String]
    /// The whole environment; nothing is inherited.
    package var environment: [Variable]
    /// `nil`: the parent's.
    package var workingDirectory: String?

    package init(
        file: String, arguments: [String] = [], environment: [Variable] = [], workingDirectory: String? = nil
    ) {
        self.file = file
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
    }

    /// `PATH` of the child, or what `confstr` gives where it has none.
    var searchPath: String {
        environment.last { $0.name == "PATH" }?.value ?? "/usr/local/bin:/usr/bin:/bin"
    }
}
