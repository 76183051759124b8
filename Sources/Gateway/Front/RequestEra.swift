import AsyncIO
import MCPProtocol

/// Which rules a request follows. Every request says it anew; what was said before on a connection means nothing (MCP
/// 2026-07-28, Lifecycle, "Backward Compatibility").
enum RequestEra: Equatable {
    /// A session that began with `initialize`, or that very request.
    case legacy
    /// The request describes itself.
    case modern
    /// It can only be of the modern era, but does not describe itself.
    case undescribed

    /// - Parameters:
    ///   - members: of its params.
    ///   - version: of the `MCP-Protocol-Version` header, where the transport has headers.
    init(_ request: JSONRPCRequest, _ members: RequestMembers, versionHeader version: @autoclosure () -> String?) {
        if members.meta?.hasVersion == true {
            self = .modern
        } else if request.method == InitializeRequest.method {
            // There are clients that send the new header with the old handshake.
            self = .legacy
        } else if request.method == DiscoverResult.method || request.method == SubscriptionFilter.method
            || version().map(Self.isModern) == true
        {
            self = .undescribed
        } else {
            self = .legacy
        }
    }

    /// Whether a version is a date from the first modern revision on.
    static func isModern(_ version: String) -> Bool {
        let bytes = Array(version.utf8)
        let isDate =
            bytes.count == 10
            && bytes.indices.allSatisfy { index in
                index == 4 || index == 7 ? bytes[index] == UInt8(ascii: "-") : bytes[index].isDigitCharacter
            }
        return isDate && version >= ProtocolRevision.v2026_07_28.rawValue
    }
}

extension UInt8 {
    fileprivate var isDigitCharacter: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
}
