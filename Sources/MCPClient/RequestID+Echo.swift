import MCPProtocol

extension RequestID {
    /// The integer a peer gives back for one we sent. Some servers turn ids and tokens into decimal strings on the way.
    package var echoedInteger: Int64? {
        switch self {
        case .integer(let value): value
        case .string(let text): Int64(text)
        case .largeInteger: nil
        }
    }
}
