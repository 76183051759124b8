import AsyncIO

/// Takes the content coding off a model's answer (RFC 9110, section 8.4).
struct ContentDecoder: Sendable {
    /// What this client asks for, as a value of `Accept-Encoding`.
    static let accepted = "gzip"

    /// `nil`: there is none to take off.
    private var gzip: GzipDecoder?

    /// - Throws: for a coding that was not asked for.
    init(_ headers: HTTPHeaders) throws(LLMFailure) {
        let coding = headers.first("Content-Encoding")?.lowercased() ?? "identity"
        switch coding {
        case "identity", "": gzip = nil
        case "gzip", "x-gzip": gzip = GzipDecoder()
        default:
            throw LLMFailure(
                .unusable,
                "the model's server answered in the coding \(coding.cut(toBytes: 40)), which nobody asked for")
        }
    }

    mutating func decode(_ bytes: [UInt8]) throws(LLMFailure) -> [UInt8] {
        guard gzip != nil else { return bytes }
        do throws(Inflater.Failure) {
            return try gzip?.decode(bytes, limit: LLMReplyReader.maxBytes) ?? bytes
        } catch {
            throw LLMFailure(.unusable, "the model's server sent broken gzip data")
        }
    }
}
