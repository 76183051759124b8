import AsyncIO
import MCPProtocol

/// Fetches all pages of one list.
package struct ListPager: Sendable {
    package let kind: ListKind
    /// Items beyond this are left out, and ``Outcome/wasCut`` says so.
    package let maxItems: Int
    /// A server may page forever; this is where we stop.
    package let maxPages: Int

    package init(_ kind: ListKind, maxItems: Int = 10_000, maxPages: Int = 1_000) {
        self.kind = kind
        self.maxItems = maxItems
        self.maxPages = maxPages
    }

    package struct Outcome: Sendable {
        /// In the server's order. Of items with one key the first counts.
        package var items: [ListPage.Item] = []
        /// What was wrong with the list without making it useless, in words.
        package var remarks: [String] = []
        package var wasCut = false
        /// How long the list stays fresh: the least of what the pages say; `nil` where one does not say.
        package var timeToLive: Duration?
        /// Whether every page may be shown to others than who asked.
        package var isPublic = false
    }

    /// - Parameter deadline: for all pages together.
    package func fetch(
        from connection: any MCPConnection, on loop: EventLoop, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> Outcome {
        var outcome = Outcome()
        var seen: Set<String> = []
        var cursors: Set<String> = []
        var cursor: String?
        let hasParameterHeaders =
            kind == .tools && connection.revision.isModern && connection.transport == .streamableHTTP
        for _ in 0..<maxPages {
            guard let page = try await fetchPage(cursor, from: connection, on: loop, until: deadline) else {
                return outcome
            }
            outcome.note(page, isFirst: cursor == nil)
            outcome.remarks += page.refused.map(\.description)
            for item in page.items {
                if hasParameterHeaders, let fault = Self.headerFault(of: item) {
                    outcome.remarks.append("tool \"\(item.key)\" is left out: \(fault)")
                    continue
                }
                guard seen.insert(item.key).inserted else {
                    outcome.remarks.append("\(kind.key) \"\(item.key)\" is listed more than once")
                    continue
                }
                guard outcome.items.count < maxItems else {
                    outcome.wasCut = true
                    outcome.remarks.append("more than \(maxItems) items; the rest is left out")
                    return outcome
                }
                outcome.items.append(item)
            }
            guard let next = page.nextCursor else { return outcome }
            guard cursors.insert(next).inserted else {
                outcome.wasCut = true
                outcome.remarks.append("the cursor \"\(next.prefix(40))\" came a second time; the list ends there")
                return outcome
            }
            cursor = next
        }
        outcome.wasCut = true
        outcome.remarks.append("more than \(maxPages) pages; the rest is left out")
        return outcome
    }

    /// Why a tool cannot be called over HTTP (MCP 2026-07-28, Transports, "Custom Headers").
    private static func headerFault(of item: ListPage.Item) -> MessageError? {
        guard let schema = item.raw.member("inputSchema") else { return nil }
        do throws(MessageError) {
            _ = try ParameterHeaders(inputSchema: schema)
            return nil
        } catch {
            return error
        }
    }

    /// - Returns: `nil` if the server does not know the method: it has no such list, whatever it declared.
    private func fetchPage(
        _ cursor: String?, from connection: any MCPConnection, on loop: EventLoop, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> ListPage? {
        var params = JSONWriter()
        params.beginObject()
        if let cursor {
            params.key("cursor")
            params.string(cursor)
        }
        params.endObject()
        let response = try await connection.request(kind.method, params: params.finish(), until: deadline, on: loop)
        switch response.outcome {
        case .error(let error) where error.code == ErrorCode.methodNotFound && cursor == nil:
            return nil
        case .error(let error):
            throw MCPClientError(
                .protocolViolation, "\(kind.method) was refused: \(error.message) (\(error.code))",
                mayHaveExecuted: false)
        case .result(let result):
            do throws(MessageError) {
                return try ListPage(kind, result: result)
            } catch {
                throw MCPClientError(
                    .protocolViolation, "the answer to \(kind.method) is invalid: \(error)", mayHaveExecuted: false)
            }
        }
    }
}

extension ListPager.Outcome {
    fileprivate mutating func note(_ page: ListPage, isFirst: Bool) {
        let ttl = page.ttlMilliseconds.map { Duration.milliseconds(max(0, $0)) }
        if isFirst {
            timeToLive = ttl
            isPublic = page.cacheScope == "public"
        } else {
            if let known = timeToLive { timeToLive = ttl.map { min(known, $0) } }
            isPublic = isPublic && page.cacheScope == "public"
        }
    }
}
