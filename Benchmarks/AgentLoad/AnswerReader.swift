import AsyncIO

/// Reads one streamed answer for what a user sees of it: when it begins, moves and ends, and whether it is whole.
///
/// It looks for a few marks in each event and builds nothing: the load must cost far less than what it measures.
struct AnswerReader {
    private(set) var firstEvent: MonotonicInstant?
    private(set) var firstStage: MonotonicInstant?
    private(set) var lastStage: MonotonicInstant?
    /// Nanoseconds from a time stamp in the text to its arrival.
    private(set) var chunkTimes: [Int64] = []
    /// The longest time between two of them, in nanoseconds.
    private(set) var longestGap: Int64?
    private var lastStamp: MonotonicInstant?
    /// The first reason why the answer does not count.
    private var failure: String?
    private var hasStopped = false
    private var isDone = false
    private var parser = SSEParser()

    private static let done = Array("[DONE]".utf8)
    private static let error = Array(#"{"error""#.utf8)
    private static let stop = Array(#""finish_reason":"stop""#.utf8)
    private static let stages = Array(#""stages":["#.utf8)
    private static let stamp = Array(#""content":"@"#.utf8)

    /// An answer that is no stream.
    mutating func refuse(_ status: Int, _ body: [UInt8]) {
        failure = "HTTP \(status) \(String(decoding: body.prefix(200), as: UTF8.self))"
    }

    mutating func read(_ chunk: [UInt8], at now: MonotonicInstant) {
        var rest = chunk[...]
        do throws(SSEParseError) {
            while let event = try parser.parse(&rest) { take(event.data, now) }
        } catch {
            failure = failure ?? "\(error)"
        }
    }

    private mutating func take(_ data: [UInt8], _ now: MonotonicInstant) {
        if firstEvent == nil { firstEvent = now }
        if data == Self.done {
            isDone = true
        } else if data.starts(with: Self.error) {
            failure = failure ?? String(decoding: data.prefix(200), as: UTF8.self)
        } else if let place = data.place(after: Self.stamp) {
            takeStamp(data[place...], now)
        } else if data.place(after: Self.stop) != nil {
            hasStopped = true
        } else if data.place(after: Self.stages) != nil {
            if firstStage == nil { firstStage = now }
            lastStage = now
        }
    }

    private mutating func takeStamp(_ text: ArraySlice<UInt8>, _ now: MonotonicInstant) {
        var sent: Int64 = 0
        for byte in text.prefix(18) {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { break }
            sent = sent * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        chunkTimes.append(now.nanoseconds - sent)
        if let lastStamp { longestGap = max(longestGap ?? 0, (now - lastStamp).clampedNanoseconds) }
        lastStamp = now
    }

    /// - Throws: where the answer is not what a user waits for.
    func finish() throws(LoadFailure) {
        if let failure { throw LoadFailure(failure) }
        if !hasStopped { throw LoadFailure("the answer has no end") }
        if !isDone { throw LoadFailure("the answer has no [DONE]") }
    }
}

extension [UInt8] {
    /// The index behind the first occurrence of a mark.
    fileprivate func place(after mark: [UInt8]) -> Int? {
        guard let first = mark.first, count >= mark.count else { return nil }
        for start in 0...(count - mark.count) where self[start] == first {
            if self[start..<(start + mark.count)] == mark[...] { return start + mark.count }
        }
        return nil
    }
}
