import Configuration

/// What reading a configuration file came to.
package struct ConfigurationOutcome: Sendable, Equatable {
    /// `nil` when there is any error among the findings.
    package var configuration: GatewayConfiguration?

    /// Everything there is to say, in the order of the file.
    package var findings: [Finding]

    /// Where each setting of ``configuration`` came from.
    package var provenance: Provenance

    package init(configuration: GatewayConfiguration?, findings: [Finding], provenance: Provenance = Provenance()) {
        self.configuration = configuration
        self.findings = findings
        self.provenance = provenance
    }

    package var errors: [Finding] { findings.filter { $0.severity == .error } }
    package var warnings: [Finding] { findings.filter { $0.severity == .warning } }
}
