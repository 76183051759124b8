import AsyncIO
import TestSupport
import Testing

@testable import AgentBridge

@Suite("Where files may be")
struct FileLocationTests {
    @Test(
        "a path of the storage stays as it is, and what a path cannot hold is escaped",
        arguments: [
            ("files/B/a.txt", "files/B/a.txt"), ("files/B/x/y%20z.csv", "files/B/x/y%20z.csv"),
            ("files/B/ä b.txt", "files/B/%C3%A4%20b.txt"), ("files/B/..a", "files/B/..a"),
        ])
    func stored(text: String, path: String) throws {
        #expect(try FileLocation(parsing: text) == .stored(path: path))
    }

    @Test(
        "no spelling leads out of the storage",
        arguments: [
            "", "files", "files/B", "/files/B/a", "file/B/a", "files/../a", "files/B/..", "files/B/%2e%2E/a",
            "files/B/%2e/a", "files/B/..%2Fa", "files/B/..\\a", "files/B/..%5ca", "files//a", "files/B/a?x",
            "files/B/a#x",
            "data:text/plain,x", "//host/a", "file:///etc/passwd", "ftp://host/a", "javascript:x",
        ])
    func notStored(text: String) {
        #expect(throws: FileProblem.self) { try FileLocation(parsing: text) }
    }

    @Test(
        "a URL is read as it will be connected to",
        arguments: [
            ("HTTPS://Example.ORG", "https://example.org/", "example.org"),
            ("http://a.b:8080/x?y#z", "http://a.b:8080/x?y", "a.b"), ("http://a?b", "http://a/?b", "a"),
            ("http://host\\@evil/", "http://host/%5C@evil/", "host"),
            ("http://[::1]:80/ä", "http://[::1]:80/%C3%A4", "::1"), ("http://a:/x y", "http://a/x%20y", "a"),
        ])
    func remote(text: String, shown: String, host: String) throws {
        let url = try RemoteURL(parsing: text)
        #expect(url.text == shown && url.host == host)
    }

    @Test(
        "a URL that others might read otherwise is refused",
        arguments: [
            "http://", "http:///x", "http://user@host/", "http://a@b@c/", "http://a b/", "http://a:b/", "http://a:0/",
            "http://a:70000/", "http://[::1/", "http://[x]/", "http://[::1]x/", "http://ａ/", "http://a%2eb/",
            "http://a\tb/", "http://a:80@b/", "ldap://a/",
        ])
    func refused(text: String) {
        #expect(throws: FileProblem.self) { try RemoteURL(parsing: text) }
    }

    @Test(
        "a redirect leads where a browser would go",
        arguments: [
            ("/x", "https://a/x"), ("x", "https://a/b/x"), ("//b/x", "https://b/x"), ("http://c/", "http://c/"),
            ("?q=1", "https://a/b/?q=1"),
        ])
    func redirect(location: String, target: String) throws {
        #expect(try RemoteURL(parsing: "https://a/b/c?d=/e").redirected(to: location).text == target)
    }

    @Test("whatever the bytes, a URL that is taken is plain ASCII without user names")
    func random() {
        var generator = SeededGenerator(seed: 0xF11E)
        let alphabet = Array("htps:/@[]?#%\\. a1é\u{0}\n".unicodeScalars)
        for _ in 0..<20_000 {
            var text = "http://"
            for _ in 0..<Int.random(in: 0..<24, using: &generator) {
                text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
            }
            guard let url = try? RemoteURL(parsing: text) else { continue }
            #expect(url.text.utf8.allSatisfy { 0x21...0x7E ~= $0 } && url.target.hasPrefix("/"))
            #expect(!url.host.isEmpty && !url.host.contains("@") && !url.host.contains("/"))
        }
    }

    @Test(
        "only the public Internet is public",
        arguments: [
            ("8.8.8.8", true), ("127.0.0.1", false), ("10.1.2.3", false), ("172.15.0.1", true), ("172.31.0.1", false),
            ("192.168.0.1", false), ("169.254.169.254", false), ("100.64.0.1", false), ("100.128.0.1", true),
            ("0.0.0.0", false), ("224.0.0.1", false), ("255.255.255.255", false), ("198.19.0.1", false),
            ("198.20.0.1", true), ("::1", false), ("::", false), ("fe80::1", false), ("fc00::1", false),
            ("fd12::1", false), ("ff02::1", false), ("2001:4860:4860::8888", true), ("2001:db8::1", false),
            ("2001::1", false), ("2002:7f00:1::", false), ("64:ff9b::7f00:1", false), ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true), ("::127.0.0.1", false),
        ])
    func addresses(text: String, isPublic: Bool) throws {
        #expect(PublicAddress.contains(try #require(SocketAddress(ip: text, port: 80))) == isPublic)
    }

    @Test("hosts are allowed by name or pattern, in any case")
    func hosts() {
        var settings = FileSettings()
        settings.allowedHosts = ["*.Example.org", "10.0.0.1"]
        #expect(settings.allows(host: "a.example.org") && settings.allows(host: "10.0.0.1"))
        #expect(!settings.allows(host: "example.org") && !settings.allows(host: "example.org.evil"))
    }
}
