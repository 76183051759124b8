import Testing

/// Runs each case of a suite twice: plain `http` over the client's own connections, then over libcurl, which carries
/// everything else in production and has to behave alike.
struct BothWays: SuiteTrait, TestTrait, TestScoping {
    @TaskLocal static var throughLibcurl = false

    var isRecursive: Bool { true }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await Self.$throughLibcurl.withValue(false) { try await function() }
        try await Self.$throughLibcurl.withValue(true) { try await function() }
    }
}

extension Trait where Self == BothWays {
    static var bothWays: BothWays { BothWays() }
}
