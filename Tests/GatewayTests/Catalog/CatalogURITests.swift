import Testing

@testable import Gateway

@Suite("URIs that name their server")
struct CatalogURITests {
    @Test(
        "rewritten, and restored",
        arguments: [
            ("file:///x", "p+file:///x"), ("git+ssh://h/x", "p+git+ssh://h/x"), ("ui://app/view", "ui://p/app/view"),
            ("ui:opaque", "p+ui:opaque"), ("urn:a:b", "p+urn:a:b"), ("x:", "p+x:"), ("ui://x", "ui://p/x"),
            ("UI://x", "UI://p/x"), ("é:x", nil), ("plain", nil), ("", nil), ("http://h/", nil), ("HTTPS://h/", nil),
            (":x", nil), ("1x:y", nil), ("a/b:c", nil),
        ] as [(String, String?)])
    func roundTrip(uri: String, rewritten: String?) throws {
        #expect(CatalogURI.expose(uri, prefix: "p") == rewritten)
        guard let rewritten else { return }
        let restored = try #require(CatalogURI.restore(rewritten))
        #expect(restored.prefix == "p")
        #expect(restored.original == uri)
    }

    @Test(
        "what names no server",
        arguments: ["file:///x", "+file:///x", "p+", "p+x", "p+:x", "p+1:x", "ui://x", "ui:///x", "ui:x", "", ":", "p"])
    func foreign(uri: String) {
        #expect(CatalogURI.restore(uri) == nil)
    }

    @Test(
        "a template matches what it expands to",
        arguments: [
            ("file:///{path}", "file:///a.txt", true), ("file:///{path}", "file:///a/b", false),
            ("file:///{path}", "file:///", false), ("file:///{+path}", "file:///a/b", true),
            ("file:///{path*}", "file:///a/b", true), ("x://{a}/{b}", "x://1/2", true),
            ("x://{a}/{b}", "x://1", false), ("x://{a}-{b}", "x://1-2-3", true), ("x://s{?q,r}", "x://s?q=1&r=2", true),
            ("x://s{?q}", "x://s", true), ("x://s{?q}", "x://sq", false), ("x://s{/a,b}", "x://s/1/2", true),
            ("x://s{.e}", "x://s.tar.gz", true), ("x://s{#f}", "x://s#here/there", true),
            ("x://s{;p}", "x://s;p=1", true),
            ("x://s", "x://s", true), ("x://s", "x://st", false), ("x://{", "x://{", false), ("{a}", "b", true),
            ("{a}{b}", "bc", true), ("", "", true), ("", "x", false), ("x://{é}", "x://ü", true),
        ])
    func templates(template: String, uri: String, isMatch: Bool) {
        #expect(CatalogURI.matches(uri, template: template) == isMatch)
    }

    @Test("a hostile template costs no more than its length times that of the URI")
    func hostile() {
        let template = String(repeating: "{+a}x", count: 40)
        #expect(!CatalogURI.matches(String(repeating: "x", count: 4_000) + "y", template: template))
        #expect(!CatalogURI.matches(String(repeating: "x", count: CatalogURI.maxMatchedBytes + 1), template: "{+a}"))
    }

    @Test("no text makes anything stop")
    func random() {
        var generator = SplitMix64(seed: 5)
        let alphabet = Array("ui:+/{}?*#.;a1é%\u{0}").map(String.init)
        for _ in 0..<3_000 {
            func text() -> String {
                (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                }.joined()
            }
            let uri = text()
            _ = CatalogURI.matches(uri, template: text())
            _ = CatalogURI.restore(uri)
            if let rewritten = CatalogURI.expose(uri, prefix: "p") {
                #expect(CatalogURI.restore(rewritten)?.original == uri)
            }
        }
    }
}
