/// Where every effective setting came from.
package struct Provenance: Sendable, Equatable {
    /// By the JSON path at which a setting would be written, such as `$.mcpServers.github.timeouts.call` or
    /// `$.limits.maxBodyBytes`; what is not listed is built in.
    private var sources: [String: SettingSource] = [:]

    package init() {}

    package subscript(path: String) -> SettingSource {
        get { sources[path] ?? .builtIn }
        set { sources[path] = newValue == .builtIn ? nil : newValue }
    }

    /// Every setting that is not built in, sorted by path.
    package var explicit: [(path: String, source: SettingSource)] {
        sources.map { (path: $0.key, source: $0.value) }.sorted { $0.path < $1.path }
    }
}
