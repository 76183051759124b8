import MCPProtocol
import Testing

@Suite("URIs that say whose they are")
struct RewrittenURITests {
    @Test(
        "are exposed and restored",
        arguments: [
            ("file:///a b", "docs", "docs+file:///a b"), ("test://t/{id}", "s", "s+test://t/{id}"),
            ("git+ssh://h/p?q#f", "s", "s+git+ssh://h/p?q#f"), ("urn:x:y", "s-1", "s-1+urn:x:y"),
            ("ui://x", "s", "ui://s/x"), ("ui://x/y/{z}", "s", "ui://s/x/y/{z}"), ("ui://", "s", "ui://s/"),
            ("UI://x", "s", "UI://s/x"), ("ui:x", "s", "s+ui:x"),
            ("a:b", "my_server", "my.5fserver+a:b"), ("a:b", "1st", "x..31st+a:b"), ("a:b", "x.", "x.2e+a:b"),
            ("a:b", "A+é", "x..41.2b.c3.a9+a:b"), ("ui://v", "a/b", "ui://a.2fb/v"), ("a:", "s", "s+a:"),
        ])
    func exposing(uri: String, prefix: String, exposed: String) throws {
        #expect(RewrittenURI.expose(uri, prefix: prefix) == exposed)
        let restored = try #require(RewrittenURI.restore(exposed))
        #expect(restored.prefix == prefix)
        #expect(restored.uri == uri)
    }

    @Test(
        "are not made of what has no scheme or is fetched by clients",
        arguments: ["http://a", "HTTPS://a", "a", "", ":a", "1:a", "{x}:a", "/a:b"])
    func kept(uri: String) {
        #expect(RewrittenURI.expose(uri, prefix: "s") == nil)
    }

    @Test(
        "others are nobody's",
        arguments: [
            "file:///a", "s+http://a", "s+ui://a", "ui://s", "s+", "+a:b", "a:b+c:d", "s.5+a:b", "s.5F+a:b", "S+a:b",
            "", "s+a",
            "x.ff+a:b", "x..61+a:b", "x..+a:b",
        ])
    func foreign(uri: String) {
        #expect(RewrittenURI.restore(uri) == nil)
    }

    @Test("come back whatever they are made of", arguments: 0..<4)
    func roundTrips(seed: UInt64) {
        var mutator = Mutator(
            seed: seed, corpus: ["git+ssh://a/b", "ui://x/y", "ui:", "x..2e+a:b", "é:_"].map { Array($0.utf8) })
        for _ in 0..<500 {
            let uri = String(decoding: mutator.next(), as: UTF8.self)
            let prefix = String(decoding: mutator.next(), as: UTF8.self)
            if let restored = RewrittenURI.restore(uri) {
                #expect(
                    RewrittenURI.expose(restored.uri, prefix: restored.prefix)?.utf8.elementsEqual(uri.utf8) == true)
            }
            guard let exposed = RewrittenURI.expose(uri, prefix: prefix) else { continue }
            let restored = RewrittenURI.restore(exposed)
            #expect(restored?.prefix.utf8.elementsEqual(prefix.utf8) == true, "\(prefix) in \(exposed)")
            #expect(restored?.uri.utf8.elementsEqual(uri.utf8) == true, "\(uri) in \(exposed)")
        }
    }
}
