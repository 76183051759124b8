/// Who decided a setting.
package enum SettingSource: Sendable, Hashable {
    /// The gateway's own default.
    case builtIn

    /// The section `defaults`, on that line of the file.
    case defaults(line: Int)

    /// The server's own entry, on that line of the file.
    case server(line: Int)

    /// A key outside `defaults` and `mcpServers`, on that line of the file.
    case file(line: Int)

    /// An argument of the command line.
    case commandLine
}
