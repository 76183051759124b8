import AsyncIO
import Synchronization

/// Counters of the agent, and their Prometheus text.
final class AgentMetrics: Sendable {
    private struct Key: Hashable, Comparable {
        var name: String
        /// `{agent="x",outcome="y"}`, or empty.
        var labels: String

        static func < (left: Key, right: Key) -> Bool { (left.name, left.labels) < (right.name, right.labels) }
    }

    private struct Histogram {
        var counts = [Int](repeating: 0, count: AgentMetrics.buckets.count + 1)
        var sum = 0.0
    }

    private struct State {
        var counters: [Key: Int] = [:]
        var gauges: [Key: Int] = [:]
        var histograms: [Key: Histogram] = [:]
    }

    private static let buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
    /// A model can make up names without end; beyond this many label sets all others count as `other`.
    private static let maxSeries = 2000

    private let state = Mutex(State())

    func runStarted(_ agent: String) { add("agent_runs_in_flight", 1) }

    func runEnded(_ agent: String, outcome: String, duration: Duration) {
        add("agent_runs_in_flight", -1)
        count("agent_runs_total", [("agent", agent), ("outcome", outcome)])
        observe("agent_run_seconds", [("agent", agent)], duration)
        if outcome == "client_closed" || outcome == "cancelled" { count("agent_cancelled_runs_total", []) }
    }

    func countParked(_ change: Int) { add("agent_parked_runs", change) }

    func countLLM(_ model: String, outcome: String, duration: Duration, firstByte: Duration?, usage: LLMUsage?) {
        count("agent_llm_calls_total", [("model", model), ("outcome", outcome)])
        observe("agent_llm_seconds", [("model", model)], duration)
        if let firstByte { observe("agent_llm_first_byte_seconds", [("model", model)], firstByte) }
        guard let usage else { return }
        count("agent_tokens_total", [("model", model), ("kind", "prompt")], by: usage.promptTokens)
        count("agent_tokens_total", [("model", model), ("kind", "completion")], by: usage.completionTokens)
        count("agent_tokens_total", [("model", model), ("kind", "cached")], by: usage.cachedTokens)
    }

    func countRetry(_ reason: String) { count("agent_llm_retries_total", [("reason", reason)]) }

    func countTool(_ tool: String, outcome: String, duration: Duration) {
        count("agent_tool_calls_total", [("tool", tool), ("outcome", outcome)])
        observe("agent_tool_seconds", [("tool", tool)], duration)
    }

    private static func labels(_ pairs: [(String, String)]) -> String {
        guard !pairs.isEmpty else { return "" }
        let list = pairs.map { name, value in
            let escaped = value.prefix(128).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "{" + list.joined(separator: ",") + "}"
    }

    private func count(_ name: String, _ pairs: [(String, String)], by amount: Int = 1) {
        let key = Key(name: name, labels: Self.labels(pairs))
        state.withLock { state in
            let isKnown = state.counters[key] != nil || state.counters.count < Self.maxSeries
            let target = isKnown ? key : Key(name: name, labels: Self.labels(pairs.map { ($0.0, "other") }))
            state.counters[target] = (state.counters[target] ?? 0).addingClamped(amount)
        }
    }

    private func add(_ name: String, _ amount: Int) {
        state.withLock { $0.gauges[Key(name: name, labels: ""), default: 0] += amount }
    }

    private func observe(_ name: String, _ pairs: [(String, String)], _ duration: Duration) {
        let key = Key(name: name, labels: Self.labels(pairs))
        let seconds = Double(duration.clampedNanoseconds) / 1e9
        let bucket = Self.buckets.firstIndex { seconds <= $0 } ?? Self.buckets.count
        state.withLock { state in
            let isKnown = state.histograms[key] != nil || state.histograms.count < Self.maxSeries
            let target = isKnown ? key : Key(name: name, labels: Self.labels(pairs.map { ($0.0, "other") }))
            state.histograms[target, default: Histogram()].counts[bucket] += 1
            state.histograms[target]?.sum += seconds
        }
    }

    /// Runs that are going on.
    var runsInFlight: Int { state.withLock { $0.gauges[Key(name: "agent_runs_in_flight", labels: "")] ?? 0 } }

    /// The Prometheus text format, 0.0.4.
    func text() -> String {
        let state = self.state.withLock { $0 }
        var text = ""
        func write(_ values: [Key: Int], as type: String) {
            var last = ""
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                if key.name != last { text += "# TYPE \(key.name) \(type)\n" }
                last = key.name
                text += "\(key.name)\(key.labels) \(value)\n"
            }
        }
        write(state.gauges, as: "gauge")
        write(state.counters, as: "counter")
        var last = ""
        for (key, histogram) in state.histograms.sorted(by: { $0.key < $1.key }) {
            if key.name != last { text += "# TYPE \(key.name) histogram\n" }
            last = key.name
            let open = key.labels.isEmpty ? "{" : key.labels.dropLast() + ","
            var total = 0
            for (index, count) in histogram.counts.enumerated() {
                total += count
                let bound = index < Self.buckets.count ? "\(Self.buckets[index])" : "+Inf"
                text += "\(key.name)_bucket\(open)le=\"\(bound)\"} \(total)\n"
            }
            text += "\(key.name)_sum\(key.labels) \(histogram.sum)\n\(key.name)_count\(key.labels) \(total)\n"
        }
        return text
    }
}
