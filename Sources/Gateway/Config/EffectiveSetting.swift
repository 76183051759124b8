import Configuration

/// One line of `mcp-gateway explain`: a setting as it is in effect, and who decided it.
package struct EffectiveSetting: Sendable, Equatable {
    /// The JSON path at which the setting is, or would be, written.
    package var path: String

    /// As JSON, without secrets.
    package var value: String

    package var source: SettingSource

    package init(path: String, value: String, source: SettingSource) {
        self.path = path
        self.value = value
        self.source = source
    }
}
