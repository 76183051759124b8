import AsyncIO

extension HTTPExchange {
    /// Answers 405, with the methods that are possible in `Allow` (RFC 9110, section 15.5.6).
    func refuseMethod(allowing methods: String, detail: String) async {
        let problem = HTTPProblem(405, detail: detail)
        var head = problem.head
        head.headers.set("Allow", methods)
        await respond(head, body: problem.body)
    }
}
