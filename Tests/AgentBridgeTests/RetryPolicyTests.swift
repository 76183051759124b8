import AsyncIO
import Testing

@testable import AgentBridge

@Suite("When a model is asked again")
struct RetryPolicyTests {
    private func failure(_ status: Int, retryAfter: Duration? = nil, shouldRetry: Bool? = nil) -> LLMFailure {
        var failure = LLMFailure(.status(status), "")
        failure.retryAfter = retryAfter
        failure.shouldRetry = shouldRetry
        return failure
    }

    @Test("waits double, up to eight seconds, less some jitter")
    func backoff() {
        let policy = RetryPolicy(retries: 10)
        let waits = (0..<6).map { policy.wait(after: failure(500), attempt: $0, jitter: 0) }
        #expect(waits == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(8)])
        #expect(policy.wait(after: failure(500), attempt: 0, jitter: 1) == .milliseconds(375))
    }

    @Test("statuses that a second try can change", arguments: [408, 409, 429, 500, 502, 503, 529])
    func retried(status: Int) { #expect(RetryPolicy().wait(after: failure(status), attempt: 0) != nil) }

    @Test("statuses that it cannot", arguments: [400, 401, 403, 404, 413, 422])
    func notRetried(status: Int) { #expect(RetryPolicy().wait(after: failure(status), attempt: 0) == nil) }

    @Test("the server's own wish counts, unless it is too long")
    func wishes() {
        let policy = RetryPolicy()
        #expect(policy.wait(after: failure(429, retryAfter: .seconds(2)), attempt: 0) == .seconds(2))
        #expect(policy.wait(after: failure(429, retryAfter: .seconds(61)), attempt: 0) == nil)
        #expect(policy.wait(after: failure(400, shouldRetry: true), attempt: 0) != nil)
        #expect(policy.wait(after: failure(500, shouldRetry: false), attempt: 0) == nil)
        #expect(policy.wait(after: failure(500), attempt: 2) == nil)
    }

    @Test("Retry-After is milliseconds, seconds or a date")
    func headers() {
        let now = 784_111_777  // Sun, 06 Nov 1994 08:49:37 GMT
        func wish(_ headers: HTTPHeaders) -> Duration? { RetryPolicy.retryAfter(headers, now: now) }
        #expect(wish(["retry-after-ms": "1500", "Retry-After": "9"]) == .milliseconds(1500))
        #expect(wish(["Retry-After": "2"]) == .seconds(2))
        #expect(wish(["Retry-After": "0.5"]) == .milliseconds(500))
        #expect(wish(["Retry-After": "Sun, 06 Nov 1994 08:49:42 GMT"]) == .seconds(5))
        #expect(wish(["Retry-After": "Sun, 06 Nov 1994 08:49:30 GMT"]) == .zero)
        #expect(wish(["Retry-After": "-1"]) == nil)
        #expect(wish(["Retry-After": "soon"]) == nil)
        #expect(wish(["Retry-After": "1e400"]) == nil)
    }

    @Test("dates that are none", arguments: ["", "Sun, 06 Nov 1994", "Sun, 32 Nov 1994 08:49:37 GMT", "x x x x x GMT"])
    func badDates(text: String) { #expect(HTTPDateText.secondsSince1970(text) == nil) }

    @Test("dates read as they are written", arguments: [0, 951_782_400, 784_111_777, 1_795_567_048, 4_102_444_799])
    func dates(seconds: Int) {
        let text = String(decoding: HTTPDate.encode(secondsSince1970: seconds), as: UTF8.self)
        #expect(HTTPDateText.secondsSince1970(text) == seconds)
    }
}
