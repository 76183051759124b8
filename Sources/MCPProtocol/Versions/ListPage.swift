/// One page of a list, its items as they came.
package struct ListPage: Equatable, Sendable {
    package struct Item: Equatable, Sendable {
        /// The item's name, URI or URI template: see ``ListKind/key``.
        package let key: String
        package let raw: RawJSON
    }

    package let items: [Item]

    /// Items left out because they have no usable ``ListKind/key``, with the reason. One bad item does not cost a
    /// server its others.
    package let refused: [MessageError]

    /// Ask for the next page with this cursor; `nil` on the last page. An empty string is a cursor like any other:
    /// only absence (or `null`) ends a list (MCP 2025-11-25, Pagination).
    package let nextCursor: String?

    /// How long the page stays fresh, in milliseconds; `nil` when the server does not say (2026-07-28 has it always).
    package let ttlMilliseconds: Int64?

    /// `"public"` or `"private"`; `nil` when the server does not say.
    package let cacheScope: String?

    package init(_ kind: ListKind, result: RawJSON) throws(MessageError) {
        var (list, cursor, ttl, scope): (RawJSON?, RawJSON?, RawJSON?, RawJSON?)
        result.forEachMember { key, value in
            if key.matches(kind.member) {
                list = value
            } else if key == "nextCursor" {
                cursor = value
            } else if key == "ttlMs" {
                ttl = value
            } else if key == "cacheScope" {
                scope = value
            }
            return true
        }
        ttlMilliseconds = ttl?.intValue
        cacheScope = scope?.stringValue
        guard let list, list.kind == .array else {
            throw MessageError(path: "result.\(kind.member)", fact: "must be an array")
        }
        if let cursor, !cursor.isNull {
            guard let text = cursor.stringValue else {
                throw MessageError(path: "result.nextCursor", fact: "must be a string")
            }
            nextCursor = text
        } else {
            nextCursor = nil
        }
        var items: [Item] = []
        var refused: [MessageError] = []
        var index = 0
        list.forEachElement { element in
            if let key = element.member(kind.key)?.stringValue {
                items.append(Item(key: key, raw: element))
            } else {
                let path = "result.\(kind.member)[\(index)].\(kind.key)"
                refused.append(MessageError(path: path, fact: "must be a string"))
            }
            index += 1
            return true
        }
        self.items = items
        self.refused = refused
    }
}
