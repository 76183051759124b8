import AsyncIO
import Glibc
import MCPProtocol

/// A piece of a run with a beginning and an end, as OpenTelemetry has it: the run itself, a call of the model or of a tool.
struct Span: Sendable {
    enum Kind: Int, Sendable { case `internal` = 1, server, client }

    let traceID: String
    let spanID = RandomToken.hexadecimal(16)
    /// `nil`: it is the first of its trace.
    let parentID: String?
    let kind: Kind
    private let began = MonotonicInstant.now
    /// In nanoseconds since 1970.
    private let beganAt = Self.wallClock()

    init(traceID: String, parentID: String?, kind: Kind) {
        self.traceID = traceID
        self.parentID = parentID
        self.kind = kind
    }

    /// W3C Trace Context, for whoever is called within it.
    var traceparent: String { "00-\(traceID)-\(spanID)-01" }

    private static func wallClock() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// The span as the OTLP JSON encoding has it, ended now.
    ///
    /// - Parameter error: a fixed short word; `nil`: it went well.
    func ended(_ name: String, _ attributes: [(name: String, value: JSONValue)], error: String?) -> JSONValue {
        let end = beganAt + (MonotonicInstant.now - began).clampedNanoseconds
        var members: JSONObject = [
            "traceId": .string(traceID), "spanId": .string(spanID), "name": .string(name),
            "kind": JSONValue(kind.rawValue), "startTimeUnixNano": .string("\(beganAt)"),
            "endTimeUnixNano": .string("\(end)"),
        ]
        if let parentID { members["parentSpanId"] = .string(parentID) }
        var all = attributes
        if let error {
            all.append(("error.type", .string(error)))
            members["status"] = ["code": 2, "message": .string(error)]
        }
        members["attributes"] = .array(all.map { ["key": .string($0.name), "value": Self.encoded($0.value)] })
        return .object(members)
    }

    private static func encoded(_ value: JSONValue) -> JSONValue {
        if let text = value.stringValue { return ["stringValue": .string(text)] }
        if let number = value.intValue { return ["intValue": .string("\(number)")] }
        if let list = value.arrayValue { return ["arrayValue": ["values": .array(list.map(encoded))]] }
        return ["stringValue": .string(value.description)]
    }
}
