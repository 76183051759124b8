/// Takes a `text/event-stream` apart as the HTML Standard says ("Interpreting an event stream"), from bytes cut
/// anywhere.
package struct SSEParser: Sendable {
    /// The last id seen, with or without data: what a reconnecting client sends as `Last-Event-ID`. `nil` before the
    /// first one.
    package private(set) var lastEventID: String?
    /// The last reconnection time seen, in milliseconds, with or without data.
    package private(set) var retry: Int?

    private enum LineState: Sendable { case inside, skippingComment, afterCarriageReturn }

    private var state = LineState.inside
    /// The beginning of a line whose end has not come yet.
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var event: String?
    private var eventID: String?
    private var eventRetry: Int?
    /// Bytes of the event's lines so far, comments not counted.
    private var eventBytes = 0
    /// Bytes of a byte order mark seen at the start, 3 once that question is settled.
    private var markBytes = 0
    private let maxEventBytes: Int

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    package init(maxEventBytes: Int = 64 << 20) { self.maxEventBytes = maxEventBytes }

    /// Takes bytes from the front of `input` up to the end of the next event.
    ///
    /// Call again until it answers `nil`: all bytes are used up then. An event the stream ends in the middle of is
    /// never returned. A block without any `data` line is no event, but its id and retry count.
    /// - Throws: ``SSEParseError/eventTooLarge(limit:)``; the parser is unusable afterwards.
    package mutating func parse(_ input: inout ArraySlice<UInt8>) throws(SSEParseError) -> ServerSentEvent? {
        if markBytes < 3 { skipByteOrderMark(&input) }
        while !input.isEmpty {
            if state == .afterCarriageReturn {
                state = .inside
                if input.first == .lineFeed { input = input.dropFirst() }
                continue
            }
            if state == .inside, line.isEmpty, input.first == UInt8(ascii: ":") { state = .skippingComment }
            let end = input.startIndex + ByteSearch.lineEnd(in: input.span)
            let part = input[..<end]
            let terminator = end < input.endIndex ? input[end] : nil
            input = input[min(end + 1, input.endIndex)...]
            if state == .skippingComment {
                if let terminator { state = terminator == .carriageReturn ? .afterCarriageReturn : .inside }
                continue
            }
            eventBytes += part.count
            if eventBytes > maxEventBytes { throw .eventTooLarge(limit: maxEventBytes) }
            guard let terminator else {
                line.append(contentsOf: part)
                return nil
            }
            if terminator == .carriageReturn { state = .afterCarriageReturn }
            if let event = takeLine(part) { return event }
        }
        return nil
    }

    private mutating func skipByteOrderMark(_ input: inout ArraySlice<UInt8>) {
        while markBytes < 3, let byte = input.first {
            if byte == Self.byteOrderMark[markBytes] {
                markBytes += 1
                input = input.dropFirst()
            } else {
                // Not a mark after all: what looked like its start belongs to the first line.
                line = Array(Self.byteOrderMark.prefix(markBytes))
                eventBytes = markBytes
                markBytes = 3
            }
        }
    }

    /// - Parameter rest: the end of the line; its beginning is in `line`.
    private mutating func takeLine(_ rest: ArraySlice<UInt8>) -> ServerSentEvent? {
        if line.isEmpty {
            if rest.isEmpty { return endEvent() }
            interpret(rest)
        } else {
            line.append(contentsOf: rest)
            let whole = line
            line = []
            interpret(whole[...])
        }
        return nil
    }

    private mutating func interpret(_ line: ArraySlice<UInt8>) {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        let name = line[..<colon]
        var value = line[colon...].dropFirst()
        if value.first == .space { value = value.dropFirst() }
        if name.elementsEqual("data".utf8) {
            if hasData { data.append(.lineFeed) }
            hasData = true
            data.append(contentsOf: value)
        } else if name.elementsEqual("event".utf8) {
            event = value.isEmpty ? nil : String(decoding: value, as: UTF8.self)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { eventID = String(decoding: value, as: UTF8.self) }
        } else if name.elementsEqual("retry".utf8) {
            // More digits would overflow and could mean nothing.
            if 1...15 ~= value.count, value.allSatisfy(\.isDigit) {
                eventRetry = value.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            }
        }
    }

    private mutating func endEvent() -> ServerSentEvent? {
        if let eventID { lastEventID = eventID }
        if let eventRetry { retry = eventRetry }
        let finished = hasData ? ServerSentEvent(event: event, data: data, id: eventID, retry: eventRetry) : nil
        data = []
        hasData = false
        event = nil
        eventID = nil
        eventRetry = nil
        eventBytes = 0
        return finished
    }
}
