import TestSupport
import Testing

/// Starts one gateway for all tests of a suite, and sees to it that they leave nothing behind in it.
struct GatewayTrait: SuiteTrait, TestScoping {
    let configuration: @Sendable () throws -> JSONTree

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await GatewayFixture.with(configuration()) { gateway in
            try await gateway.waitUntilIdle()
            let idle = try gateway.descriptorCount()
            try await GatewayFixture.$current.withValue(gateway) { try await function() }
            try await gateway.waitUntilIdle()
            try await gateway.waitForDescriptors(atMost: idle)
        }
    }
}

extension Trait where Self == GatewayTrait {
    /// The gateway that the suite's tests share; see ``GatewayFixture/shared()``.
    ///
    /// After the last test no call may be in flight and no more descriptors open than before the first, and the gateway
    /// must stop in an orderly way.
    static func gateway(_ configuration: @escaping @Sendable () throws -> JSONTree) -> GatewayTrait {
        GatewayTrait(configuration: configuration)
    }
}
