/// One event of a `text/event-stream` (HTML Standard, "Server-sent events").
package struct ServerSentEvent: Hashable, Sendable {
    /// The event's name; `nil` means "message".
    package var event: String?
    /// The `data` lines joined with line feeds. Empty data together with an id marks a place to resume from: MCP
    /// 2025-11-25, Transports, opens streams with such an event.
    package var data: [UInt8]
    /// The id this very event carried; the empty string resets the last event id. `nil`: none, and the id of an
    /// earlier event stays the last one.
    package var id: String?
    /// How long to wait before a reconnect, in milliseconds, if this event said so.
    package var retry: Int?

    package init(event: String? = nil, data: [UInt8], id: String? = nil, retry: Int? = nil) {
        self.event = event
        self.data = data
        self.id = id
        self.retry = retry
    }
}
