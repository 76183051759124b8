import Configuration
import Gateway
import Testing

@Suite("Listen addresses")
struct ListenAddressTests {
    @Test(
        "an address is host and port, a bracketed IPv6 address and port, or a socket",
        arguments: [
            ("127.0.0.1:8808", .tcp(host: "127.0.0.1", port: 8808), true),
            ("localhost:0", .tcp(host: "localhost", port: 0), true),
            ("[::1]:80", .tcp(host: "::1", port: 80), true),
            ("0.0.0.0:65535", .tcp(host: "0.0.0.0", port: 65535), false),
            (":8808", .tcp(host: "::", port: 8808), false), ("9000", .tcp(host: "127.0.0.1", port: 9000), true),
            ("[fe80::1%eth0]:1", .tcp(host: "fe80::1%eth0", port: 1), false),
            ("unix:/run/mcp.sock", .unix(path: "/run/mcp.sock"), true),
            ("127.evil.example.com:1", .tcp(host: "127.evil.example.com", port: 1), false),
            ("127.0.0.1.example.com:1", .tcp(host: "127.0.0.1.example.com", port: 1), false),
        ] as [(String, ListenAddress, Bool)])
    func addresses(text: String, expected: ListenAddress, isLoopback: Bool) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address == expected)
        #expect(address.isLoopback == isLoopback)
        #expect(try ListenAddress(parsing: address.description) == expected)
    }

    @Test(
        "a bad address says what is wrong with it",
        arguments: [
            ("", "no port"), ("localhost", "no port"), ("127.0.0.1:", "the port \"\""),
            ("127.0.0.1:65536", "0 to 65535"),
            ("127.0.0.1:-1", "0 to 65535"), ("127.0.0.1:+1", "0 to 65535"), ("::1:8808", "more than one colon"),
            ("[::1]", "[ADDRESS]:PORT"), ("[::1]8808", "[ADDRESS]:PORT"), ("[host]:1", "no IPv6 address"),
            ("http://127.0.0.1:8808", "more than one colon"), ("a b:1", "no host name has"),
            ("unix:run.sock", "no absolute path"),
            ("unix:/" + String(repeating: "a", count: 107), "108 bytes; the limit is 107"),
        ])
    func badAddresses(text: String, reason: String) throws {
        let failure = try #require(throws: ListenAddress.Malformed.self) { try ListenAddress(parsing: text) }
        #expect(failure.reason.contains(reason))
    }
}
