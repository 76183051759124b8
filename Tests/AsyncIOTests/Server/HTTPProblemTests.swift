import Testing

@testable import AsyncIO

@Suite("HTTP problem")
struct HTTPProblemTests {
    @Test("is JSON whatever its words are")
    func escaping() {
        let problem = HTTPProblem(.notFound, detail: "no \"a\\b\"\n\u{1}é")
        #expect(
            String(decoding: problem.body, as: UTF8.self)
                == #"{"title":"Not Found","detail":"no \"a\\b\"\u000a\u0001é","status":404}"#)
        #expect(problem.head.headers.first("content-type") == "application/problem+json")
    }

    @Test(
        "has the status of what went wrong",
        arguments: [
            (HTTPBodyError.tooLarge(limit: 5), HTTPStatus.contentTooLarge), (.timedOut, .requestTimeout),
            (.malformed(.trailerTooLarge(limit: 5)), .requestHeaderFieldsTooLarge),
        ])
    func statuses(error: HTTPBodyError, status: HTTPStatus) {
        let problem = HTTPProblem(error)
        #expect(problem.status == status)
        #expect(problem.detail == error.description)
    }
}
