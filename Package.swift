// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours: Swift 6 mode, warnings are errors, and async functions stay on their caller's
/// executor, so that code running on an event loop does not leave it by accident.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
    name: "mcp-gateway",
    products: [
        .executable(name: "mcp-gateway", targets: ["mcp-gateway"]),
        .executable(name: "agent-bridge", targets: ["agent-bridge"]),
        .executable(name: "reference-server", targets: ["ReferenceServer"]),
        .executable(name: "scripted-llm", targets: ["ScriptedLLM"]),
        .executable(name: "agent-load", targets: ["AgentLoad"]),
        .library(name: "MCPProtocol", targets: ["MCPProtocol"]),
    ],
    targets: [
        // C shims: what Swift's Glibc module lacks, libcurl's variadic calls, and libcrypto.
        .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CCrypto", linkerSettings: [.linkedLibrary("crypto")]),

        // Codes, digests and randomness; knows nothing of what they are for.
        .target(name: "Crypto", dependencies: ["CCrypto"], swiftSettings: strict),

        // The operating system and HTTP; knows nothing of MCP.
        .target(name: "AsyncIO", dependencies: ["CLinux", "CCurl"], swiftSettings: strict),

        // Bytes in, values out.
        .target(name: "MCPProtocol", swiftSettings: strict),

        // A connection to one MCP server.
        .target(name: "MCPClient", dependencies: ["AsyncIO", "MCPProtocol"], swiftSettings: strict),

        // The configuration file: findings, references to secrets, durations and sizes. What its keys mean is its
        // readers' business.
        .target(name: "Configuration", dependencies: ["MCPProtocol"], swiftSettings: strict),

        // The service, and its command line.
        .target(
            name: "Gateway", dependencies: ["AsyncIO", "Configuration", "Crypto", "MCPProtocol", "MCPClient"],
            swiftSettings: strict),
        .executableTarget(name: "mcp-gateway", dependencies: ["Gateway"], swiftSettings: strict),

        // The agent, a client of the gateway.
        .target(
            name: "AgentBridge", dependencies: ["AsyncIO", "Configuration", "Crypto", "MCPProtocol", "MCPClient"],
            swiftSettings: strict),
        .executableTarget(name: "agent-bridge", dependencies: ["AgentBridge"], swiftSettings: strict),

        // Tests mirror Sources.
        .executableTarget(
            name: "ReferenceServer", dependencies: ["AsyncIO", "Crypto", "MCPProtocol"],
            path: "Tests/ReferenceServer",
            swiftSettings: strict),
        .executableTarget(
            name: "ScriptedLLM", dependencies: ["AsyncIO", "MCPProtocol"], path: "Tests/ScriptedLLM",
            swiftSettings: strict),
        .executableTarget(
            name: "AgentLoad", dependencies: ["AsyncIO"], path: "Benchmarks/AgentLoad", swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["CLinux"], path: "Tests/Support",
            exclude: ["Schemas"],  // Found through the source tree: a test needs it anyway for the peers.
            swiftSettings: strict),
        .testTarget(name: "SupportTests", dependencies: ["TestSupport"], swiftSettings: strict),
        .testTarget(name: "MCPProtocolTests", dependencies: ["MCPProtocol", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "CryptoTests", dependencies: ["Crypto", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "AsyncIOTests", dependencies: ["AsyncIO", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "MCPClientTests",
            dependencies: ["AsyncIO", "MCPProtocol", "MCPClient", "TestSupport", "ReferenceServer"],
            swiftSettings: strict),
        .testTarget(
            name: "AgentBridgeTests",
            dependencies: ["AgentBridge", "AsyncIO", "Configuration", "MCPProtocol", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "GatewayTests", dependencies: ["Configuration", "Crypto", "Gateway", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "AsyncIO", "MCPProtocol", "TestSupport", "agent-bridge", "mcp-gateway", "ReferenceServer",
                "ScriptedLLM",
            ],
            swiftSettings: strict),
    ]
)
