import MCPProtocol
import Testing

@Suite("URI templates")
struct URITemplateMatchTests {
    @Test(
        "match what they can become",
        arguments: [
            ("a:b", "a:b", true), ("a:b", "a:bc", false), ("", "", true), ("", "a", false),
            ("t://{id}", "t://1", true), ("t://{id}", "t://", false), ("t://{id}", "t://1/2", false),
            ("t://{id}/x", "t://1/x", true), ("t://{a}/{b}.txt", "t://1/2.3.txt", true), ("t://{a,b}", "t://1,2", true),
            ("t://{a}{b}", "t://1", false), ("t://{a}{b}", "t://12", true),
            ("file:///{+path}", "file:///a/b", true), ("file:///{path*}", "file:///a/b", true),
            ("file:///{+path}/end", "file:///a/b/end", true), ("file:///{+path}/end", "file:///a/b/en", false),
            ("t://x{/a}", "t://x/1", true), ("t://x{/a}", "t://x", true), ("t://x{/a}", "t://x/1/2", false),
            ("t://x{/a,b}", "t://x/1/2", true), ("t://x{/a*}", "t://x/1/2/3", true),
            ("t://x{?q,r}", "t://x?q=1&r=/2", true), ("t://x{?q}", "t://x", true), ("t://x{?q}", "t://x/y", false),
            ("t://x?a=1{&q}", "t://x?a=1&q=2", true), ("t://x{#f}", "t://x#f", true), ("t://x{.e}", "t://x.txt", true),
            ("t://{", "t://{", false), ("t://}", "t://}", false), ("t://{}", "t://x", false), ("{a{b}}", "x", false),
            ("t://é/{x}", "t://é/ü", true),
        ] as [(String, String, Bool)])
    func matching(template: String, uri: String, expected: Bool) {
        #expect(URITemplateMatch.matches(template, uri) == expected)
    }

    @Test("are bounded, and do not make a match long")
    func bounded() {
        let many = String(repeating: "{+a}b", count: 200)
        let uri = String(repeating: "b", count: URITemplateMatch.maxURIBytes)
        #expect(URITemplateMatch.matches(many, uri))
        #expect(!URITemplateMatch.matches(many + "c", uri))
        #expect(!URITemplateMatch.matches("{+a}", uri + "b"))
        #expect(!URITemplateMatch.matches(String(repeating: "a", count: URITemplateMatch.maxTemplateBytes + 1), "a"))
    }
}
