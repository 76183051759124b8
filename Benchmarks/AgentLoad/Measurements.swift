import AsyncIO

/// What users have measured, one or all together. Times are in nanoseconds.
struct Measurements: Sendable {
    /// For all requests together.
    var seconds = 0.0
    private var requests = 0
    private var failed = 0
    /// The first few.
    private var failures: [String] = []
    private var totals: [Int64] = []
    private var firsts: [Int64] = []
    private var phases: [Int64] = []
    private var chunks: [Int64] = []
    private var gaps: [Int64] = []

    private static let maxFailures = 5

    mutating func add(_ answer: AnswerReader, began: MonotonicInstant, ended: MonotonicInstant) {
        requests += 1
        totals.append((ended - began).clampedNanoseconds)
        if let first = answer.firstEvent { firsts.append((first - began).clampedNanoseconds) }
        if let first = answer.firstStage, let last = answer.lastStage {
            phases.append((last - first).clampedNanoseconds)
        }
        chunks += answer.chunkTimes
        if let gap = answer.longestGap { gaps.append(gap) }
    }

    mutating func fail(_ reason: String) {
        requests += 1
        failed += 1
        if failures.count < Self.maxFailures { failures.append(reason) }
    }

    mutating func add(_ other: Measurements) {
        requests += other.requests
        failed += other.failed
        failures = Array((failures + other.failures).prefix(Self.maxFailures))
        totals += other.totals
        firsts += other.firsts
        phases += other.phases
        chunks += other.chunks
        gaps += other.gaps
    }

    /// One line.
    var json: String {
        let lists = [("total", totals), ("first", firsts), ("phase", phases), ("chunk", chunks), ("gap", gaps)]
        let times = lists.map { "\"\($0)\":\(Self.summary(of: $1))" }.joined(separator: ",")
        let reasons = failures.map { "\"\(Self.printable($0))\"" }.joined(separator: ",")
        return
            "{\"requests\":\(requests),\"failed\":\(failed),\"seconds\":\(seconds),\(times),\"failures\":[\(reasons)]}"
    }

    /// Average, percentiles by nearest rank, and the longest; `null` where nothing was measured.
    private static func summary(of times: [Int64]) -> String {
        guard !times.isEmpty else { return "null" }
        let sorted = times.sorted()
        func rank(_ share: Double) -> Double {
            let index = Int((share * Double(sorted.count)).rounded(.up)) - 1
            return Double(sorted[min(max(0, index), sorted.count - 1)]) / 1e9
        }
        let average = sorted.reduce(0.0) { $0 + Double($1) } / Double(sorted.count) / 1e9
        return "{\"average\":\(average),\"p50\":\(rank(0.5)),\"p99\":\(rank(0.99)),\"max\":\(rank(1))}"
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 32 || $0 == "\"" || $0 == "\\" ? " " : Character($0) })
    }
}
