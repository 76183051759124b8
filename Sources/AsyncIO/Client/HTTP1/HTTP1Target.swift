/// What requests to one URL have in common: the URL taken apart and the heads encoded so far.
// Unchecked: all state is touched on the loop's thread only.
final class HTTP1Target: @unchecked Sendable {
    let origin: HTTP1Origin
    private let url: HTTP1URL
    private let userAgent: String?
    /// The last used first. Requests to one URL mostly differ by session, or by the tool they name.
    private var heads: [HTTP1RequestHead] = []

    private static let maxHeads = 32

    init(_ url: HTTP1URL, at origin: HTTP1Origin, userAgent: String?) {
        self.url = url
        self.origin = origin
        self.userAgent = userAgent
    }

    /// The encoded head of a request.
    ///
    /// - Throws: ``HTTPClientError/invalidRequest(detail:)`` for a request that cannot be sent.
    func head(of request: HTTPClientRequest) throws(HTTPClientError) -> HTTP1RequestHead {
        if let index = heads.firstIndex(where: { $0.isOf(request) }) ?? heads.firstIndex(where: { $0.fits(request) }) {
            if index > 0 { heads.swapAt(0, index) }
            return heads[0]
        }
        let head = try HTTP1RequestHead(request, url: url, userAgent: userAgent)
        if heads.count >= Self.maxHeads { heads.removeLast() }
        heads.insert(head, at: 0)
        return head
    }
}
