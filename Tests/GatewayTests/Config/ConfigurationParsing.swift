import Configuration
import Gateway

/// An environment made of values: nothing of the machine the tests run on can be seen through it.
func environment(
    _ variables: [String: String] = [:], files: [String: String] = [:], directory: String? = "/etc/mcp",
    home: String? = "/home/ann"
) -> ConfigurationEnvironment {
    ConfigurationEnvironment(variables: variables, homeDirectory: home, configDirectory: directory) {
        (path: String, limit: Int) throws(FileReadError) in
        guard let contents = files[path] else { throw .system(reason: "No such file or directory") }
        guard contents.utf8.count <= limit else { throw .tooLarge(limit: limit) }
        return Array(contents.utf8)
    }
}

/// What a text comes to as a configuration file.
func parse(
    _ text: String, _ variables: [String: String] = [:], files: [String: String] = [:], directory: String = "/etc/mcp",
    listen: [ListenAddress] = []
) -> ConfigurationOutcome {
    ConfigurationLoader.parse(
        Array(text.utf8), environment: environment(variables, files: files, directory: directory), listen: listen)
}

/// What a file with one server, called "x", comes to.
func parseServer(_ server: String, _ variables: [String: String] = [:], files: [String: String] = [:])
    -> ConfigurationOutcome
{
    parse(#"{"mcpServers":{"x":\#(server)}}"#, variables, files: files)
}

extension ConfigurationOutcome {
    /// Findings as `check` prints them, without place.
    var lines: [String] { findings.map { "\($0.severity.rawValue): \($0.path): \($0.message)" } }

    /// Whether some finding begins and continues like this.
    func has(_ severity: Finding.Severity, at path: String, containing text: String) -> Bool {
        findings.contains { $0.severity == severity && $0.path == path && $0.message.contains(text) }
    }
}
