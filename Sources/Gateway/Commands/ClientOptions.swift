import Configuration

/// What every command that talks to a running gateway can be told.
struct ClientOptions {
    let url: GatewayURL
    /// Print JSON instead of something for people.
    let printsJSON: Bool
    /// For the whole command; `nil`: no limit.
    let timeout: Duration?

    /// For the environment's proxies and certificates.
    let environment: [String: String]

    init(_ arguments: inout Arguments, timeout standard: Duration) throws(UsageError) {
        environment = ConfigurationEnvironment.current().variables
        url = try GatewayURL(&arguments, environment: environment)
        printsJSON = arguments.takeFlag("--json")
        timeout = try Self.timeout(try arguments.takeValue("--timeout"), standard: standard)
    }

    static func timeout(_ text: String?, standard: Duration) throws(UsageError) -> Duration? {
        guard let text else { return standard }
        if text == "off" { return nil }
        do throws(QuantityText.Failure) {
            let timeout = try QuantityText.duration(text)
            guard timeout > .zero else { throw QuantityText.Failure(reason: "is not above zero") }
            return timeout
        } catch {
            throw UsageError("--timeout \(text.shortened) \(error.reason)")
        }
    }
}
