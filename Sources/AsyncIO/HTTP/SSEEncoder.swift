/// Writes a `text/event-stream` (HTML Standard, "Server-sent events").
package enum SSEEncoder {
    /// Appends one event, the empty line behind it included.
    ///
    /// Data is written as one line if it has no line end, as compact JSON never has, else as several: the reader joins
    /// them with line feeds, whatever the line ends were. CR, LF and NUL in `event` and `id` are left out: they would end
    /// the field or void it.
    package static func encode(
        event: String? = nil, id: String? = nil, retry: Int? = nil, data: ArraySlice<UInt8>,
        into bytes: inout [UInt8]
    ) {
        bytes.reserveCapacity(bytes.count + data.count + 64)
        if let event { appendLine("event: ", event, to: &bytes) }
        if let id { appendLine("id: ", id, to: &bytes) }
        if let retry { appendLine("retry: ", String(max(retry, 0)), to: &bytes) }
        appendData(data, to: &bytes)
        bytes.append(.lineFeed)
    }

    /// ``encode(event:id:retry:data:into:)`` of an event as a value.
    package static func encode(_ event: ServerSentEvent, into bytes: inout [UInt8]) {
        encode(event: event.event, id: event.id, retry: event.retry, data: event.data[...], into: &bytes)
    }

    /// Appends a comment, which readers skip: the sign of life of a quiet stream. Line ends in it become spaces.
    package static func encodeComment(_ text: String = "", into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: ":"))
        for byte in text.utf8 { bytes.append(byte == .lineFeed || byte == .carriageReturn ? .space : byte) }
        bytes.append(.lineFeed)
        bytes.append(.lineFeed)
    }

    private static func appendLine(_ field: String, _ value: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: field.utf8)
        for byte in value.utf8 where byte != .lineFeed && byte != .carriageReturn && byte != 0 { bytes.append(byte) }
        bytes.append(.lineFeed)
    }

    private static func appendData(_ data: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        var rest = data
        while true {
            let end = rest.startIndex + ByteSearch.lineEnd(in: rest.span)
            bytes.append(contentsOf: "data: ".utf8)
            bytes.append(contentsOf: rest[..<end])
            bytes.append(.lineFeed)
            guard end < rest.endIndex else { return }
            let isPair = rest[end] == .carriageReturn && rest[end...].dropFirst().first == .lineFeed
            rest = rest[(end + (isPair ? 2 : 1))...]
        }
    }
}
