/// What a configuration may refer to outside its own file.
package struct ConfigurationEnvironment: Sendable {
    /// For `${VAR}` and `${env:VAR}`.
    package var variables: [String: String]

    /// Reads a whole file of at most `limit` bytes; for the configuration itself, `${file:…}` and `envFile`.
    package var readFile: @Sendable (_ path: String, _ limit: Int) throws(FileReadError) -> [UInt8]

    /// For a leading `~/` and `${userHome}`; `nil` when unknown.
    package var homeDirectory: String?

    /// What relative paths in the file start from, an absolute path; `nil` leaves them relative.
    /// ``ConfigurationLoader/load(path:environment:)`` replaces it with the folder of the file.
    package var configDirectory: String?

    package init(
        variables: [String: String],
        homeDirectory: String? = nil,
        configDirectory: String? = nil,
        readFile: @escaping @Sendable (_ path: String, _ limit: Int) throws(FileReadError) -> [UInt8]
    ) {
        self.variables = variables
        self.homeDirectory = homeDirectory
        self.configDirectory = configDirectory
        self.readFile = readFile
    }
}
