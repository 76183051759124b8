@testable import AsyncIO

/// What a parser made of some bytes, in a form that does not depend on how they were cut.
struct RequestTrace: Equatable {
    var requests: [Request] = []
    var error: HTTPParseError?

    struct Request: Equatable {
        var line: String
        var fields: [HTTPField]
        var body: [UInt8] = []
        var isWhole = false
    }

    init(_ pieces: [ArraySlice<UInt8>], limits: HTTPParserLimits = HTTPParserLimits()) {
        var parser = HTTPRequestParser(limits: limits)
        do throws(HTTPParseError) {
            for piece in pieces {
                var input = piece
                pieceLoop: while true {
                    switch try parser.parse(&input) {
                    case .needsMoreBytes: break pieceLoop
                    case .head(let head):
                        requests.append(
                            Request(line: "\(head.method) \(head.target) \(head.version)", fields: Array(head.headers)))
                    case .body(let bytes): requests[requests.count - 1].body += bytes
                    case .end: requests[requests.count - 1].isWhole = true
                    }
                }
            }
        } catch {
            self.error = error
        }
    }

    init(_ text: String, limits: HTTPParserLimits = HTTPParserLimits()) {
        self.init([Array(text.utf8)[...]], limits: limits)
    }
}

/// The only request in a text; `nil` if it is refused.
func requestHead(_ text: String) throws -> HTTPRequestHead? {
    var parser = HTTPRequestParser()
    var input = Array(text.utf8)[...]
    guard case .head(let head) = try parser.parse(&input) else { return nil }
    return head
}
