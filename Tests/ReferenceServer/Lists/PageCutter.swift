/// Cuts lists into pages. The cursor of a page is the number of items before it.
struct PageCutter: Sendable {
    /// What a server may do wrong with cursors.
    enum Fault: Sendable {
        /// Every page names a next one, which is new and, behind the last item, empty.
        case endless
        /// Every page names the second one as the next.
        case repeatedCursor
    }

    /// The cursor was not given out by this server.
    struct UnknownCursor: Error {}

    struct Page: Equatable {
        let items: Range<Int>
        let nextCursor: String?
    }

    /// Items on a page; `nil` puts all on one.
    let size: Int?
    var fault: Fault?

    /// - Parameters:
    ///   - cursor: `nil` for the first page.
    ///   - count: how many items there are.
    func page(at cursor: String?, of count: Int) throws(UnknownCursor) -> Page {
        var start = 0
        if let cursor {
            guard let number = Int(cursor), number > 0, number <= 1 << 40, isStart(number, of: count) else {
                throw UnknownCursor()
            }
            start = number
        }
        let first = min(start, count)
        let items = first..<min(first + (size ?? count), count)
        let nextCursor: String?
        switch fault {
        case .endless: nextCursor = String(start + step(count))
        case .repeatedCursor: nextCursor = String(step(count))
        case nil: nextCursor = items.upperBound < count ? String(items.upperBound) : nil
        }
        return Page(items: items, nextCursor: nextCursor)
    }

    /// Whether a page begins there.
    private func isStart(_ number: Int, of count: Int) -> Bool {
        let fits = number % step(count) == 0
        return fault == nil ? size != nil && fits && number < count : fits
    }

    /// From the start of a page to that of the next one; never zero.
    private func step(_ count: Int) -> Int { max(size ?? count, 1) }
}
