import Glibc
import TestSupport
import Testing

@testable import AsyncIO

@Suite("HTTP server", .timeLimit(.minutes(2)))
struct HTTPServerTests {
    @Test("answers request after request on one connection")
    func keepAlive() async throws {
        try await withServer(handler: echo) { server in
            let client = try await server.connect()
            for index in 0..<5 {
                try await client.send("GET /\(index) HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.status == 200)
                #expect(response.body == "GET /\(index) ")
                #expect(response.fields["connection"] == nil)
                #expect(response.fields["date"]?.hasSuffix(" GMT") == true)
                #expect(response.fields["content-type"] == "text/plain")
            }
            #expect(server.server.counters.accepted == 1)
        }
    }

    @Test("answers a hundred pipelined requests in order, however they are cut", arguments: [1 << 20, 1000, 7])
    func pipelining(pieceBytes: Int) async throws {
        try await withServer(handler: echo) { server in
            let client = try await server.connect()
            let text = (0..<100).map { "POST /\($0) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy" }.joined()
            var rest = text[...]
            while !rest.isEmpty {
                try await client.send(String(rest.prefix(pieceBytes)))
                rest = rest.dropFirst(pieceBytes)
            }
            for index in 0..<100 {
                #expect(try await client.response().body == "POST /\(index) xy")
            }
        }
    }

    @Test("does not let one client's endless requests keep the others waiting")
    func fairness() async throws {
        try await withServer(handler: echo) { server in
            let greedy = try await server.connect()
            let flood = String(repeating: "GET /f HTTP/1.1\r\nHost: a\r\n\r\n", count: 4_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let stream = greedy.stream
                group.addTask(executorPreference: server.clientLoop) {
                    try await stream.write(Array(flood.utf8), until: RawClient.patience)
                }
                group.addTask(executorPreference: server.clientLoop) {
                    var left = 4_000
                    let client = RawClient(stream)
                    while left > 0 {
                        _ = try await client.response()
                        left -= 1
                    }
                }
                for _ in 0..<20 {
                    #expect(try await server.response(to: "GET /o HTTP/1.1\r\nHost: a\r\n\r\n").body == "GET /o ")
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("reads bodies of both framings, cut anywhere")
    func bodies() async throws {
        try await withServer(handler: echo) { server in
            let client = try await server.connect()
            let requests = [
                "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: v\r\n\r\n",
                "POST /l HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde",
            ]
            for request in requests {
                for cut in stride(from: 1, to: request.utf8.count, by: 5) {
                    let bytes = Array(request.utf8)
                    try await client.stream.write(bytes[..<cut], until: RawClient.patience)
                    // The pieces shall arrive as pieces.
                    try await server.clientLoop.sleep(for: .microseconds(200))
                    try await client.stream.write(bytes[cut...], until: RawClient.patience)
                    let response = try await client.response()
                    #expect(response.body.hasSuffix(" abcde"))
                }
            }
        }
    }

    @Test("carries large bodies both ways")
    func largeBodies() async throws {
        let size = 900_000
        try await withServer(handler: echo) { server in
            let client = try await server.connect()
            let body = String(repeating: "0123456789", count: size / 10)
            try await client.send("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n" + body)
            let response = try await client.response()
            #expect(response.body == "POST /big " + body)
            try await client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().body == "GET /next ")
        }
    }

    @Test("reads a body piece by piece")
    func bodyPieces() async throws {
        try await withServer { exchange in
            var total = 0
            do throws(HTTPBodyError) {
                while let piece = try await exchange.readBodyChunk() { total += piece.count }
                await exchange.respond(HTTPResponseHead(.ok), body: Array("\(total)".utf8))
            } catch {
                await exchange.respond(HTTPProblem(error))
            }
        } _: { server in
            let body = String(repeating: "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n", count: 500)
            let response = try await server.response(
                to: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n")
            #expect(response.body == "\(4096 * 500)")
        }
    }

    @Test("sends no body where there must be none")
    func bodiless() async throws {
        try await withServer { exchange in
            switch exchange.head.path {
            case "/204": await exchange.respond(HTTPResponseHead(.noContent), body: Array("never".utf8))
            case "/304": await exchange.respond(HTTPResponseHead(304), body: [])
            case "/stream":
                let writer = await exchange.startStream(HTTPResponseHead(.ok), first: Array("first".utf8)[...])
                try? await writer.write(Array("second".utf8))
                await writer.finish(Array("last".utf8)[...])
            default: await exchange.respond(HTTPResponseHead(.ok), body: Array("hello".utf8))
            }
        } _: { server in
            let client = try await server.connect()
            try await client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try await client.response(hasBody: false)
            #expect(head.fields["content-length"] == "5")
            try await client.send("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n")
            let noContent = try await client.response()
            #expect(noContent.status == 204)
            #expect(noContent.fields["content-length"] == nil)
            try await client.send("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().status == 304)
            try await client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response(hasBody: false).fields["transfer-encoding"] == "chunked")
            try await client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().body == "firstsecondlast")
            #expect(client.received.isEmpty)
        }
    }

    @Test("speaks HTTP/1.0")
    func http1_0() async throws {
        try await withServer { exchange in
            guard exchange.head.path == "/stream" else { return await echo(exchange) }
            let writer = await exchange.startStream(HTTPResponseHead(.ok))
            try? await writer.write(Array("one".utf8))
            await writer.finish(Array("two".utf8)[...])
        } _: { server in
            let once = try await server.connect()
            try await once.send("GET /x HTTP/1.0\r\n\r\n")
            let text = try await once.textToEnd()
            #expect(text.contains("Connection: close\r\n"))
            #expect(text.hasSuffix("\r\n\r\nGET /x "))

            let kept = try await server.connect()
            try await kept.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try await kept.response().fields["connection"] == "keep-alive")
            try await kept.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let stream = try await kept.response()
            #expect(stream.fields["connection"] == "close")
            #expect(stream.fields["transfer-encoding"] == nil)
            #expect(stream.body == "onetwo")
        }
    }

    @Test("closes when the client asks for it")
    func clientCloses() async throws {
        try await withServer(handler: echo) { server in
            let client = try await server.connect()
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await client.textToEnd().contains("Connection: close\r\n"))
        }
    }

    @Test(
        "says what is wrong with a request, then closes",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/3.0\r\n\r\n", 505), ("\u{16}\u{3}\u{1}\u{2}", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            ("GET /" + String(repeating: "x", count: 9000) + " HTTP/1.1\r\n", 414),
            ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: b\r\n", count: 200) + "\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: 1 << 20) + "\r\n\r\n", 431),
        ])
    func malformed(request: String, status: Int) async throws {
        try await withServer(handler: echo) { server in
            let client = try await server.connect()
            // Something good first: the connection's history must not matter.
            try await client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().status == 200)
            try await client.send(request)
            let response = try await client.response()
            #expect(response.status == status)
            #expect(response.fields["connection"] == "close")
            #expect(response.fields["content-type"] == "application/problem+json")
            #expect(response.body.hasSuffix(",\"status\":\(status)}"))
            try await client.waitForClose()
            #expect(server.server.counters.malformed == 1)
        }
    }

    @Test("lets the handler refuse a large body, and the client read the refusal", arguments: [true, false])
    func tooLarge(isChunked: Bool) async throws {
        try await withServer { exchange in
            do throws(HTTPBodyError) {
                _ = try await exchange.readBody(upTo: 1000)
                await exchange.respond(HTTPResponseHead(.ok))
            } catch {
                #expect(error == .tooLarge(limit: 1000))
                await exchange.respond(HTTPProblem(error))
            }
        } _: { server in
            let client = try await server.connect()
            let body = String(repeating: "x", count: 800_000)
            if isChunked {
                try await client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nc3500\r\n\(body)\r\n0\r\n\r\n")
            } else {
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 800000\r\n\r\n\(body)")
            }
            let response = try await client.response()
            #expect(response.status == 413)
            if !isChunked { #expect(response.fields["connection"] == "close") }
            client.stream.shutDownWriting()
            try await client.waitForClose()
        }
    }

    @Test("skips a small body nobody reads, and closes after a large one")
    func unreadBody() async throws {
        try await withServer { exchange in
            await exchange.respond(HTTPResponseHead(.ok), body: Array(exchange.head.path.utf8))
        } _: { server in
            let client = try await server.connect()
            try await client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234")
            #expect(try await client.response().body == "/1")
            try await client.send(
                "56789POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
            #expect(try await client.response().body == "/2")
            try await client.send("POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            let last = try await client.response()
            #expect(last.body == "/3")
            #expect(last.fields["connection"] == "close")
            try await client.waitForClose()
        }
    }

    @Test("invites a waiting client to send its body when the body is wanted")
    func expectContinue() async throws {
        try await withServer { exchange in
            if exchange.head.path == "/refuse" {
                await exchange.respond(HTTPResponseHead(.forbidden))
            } else {
                await echo(exchange)
            }
        } _: { server in
            let client = try await server.connect()
            let fields = "Host: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
            try await client.send("POST /read HTTP/1.1\r\n" + fields)
            #expect(try await client.text(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("abc")
            #expect(try await client.response().body == "POST /read abc")
            // A body that is there already needs no invitation.
            try await client.send("POST /sent HTTP/1.1\r\n" + fields + "abc")
            #expect(try await client.response().body == "POST /sent abc")
            try await client.send("POST /refuse HTTP/1.1\r\n" + fields)
            let refusal = try await client.response()
            #expect(refusal.status == 403)
            #expect(refusal.fields["connection"] == "close")
            try await client.waitForClose()
            let unknown = try await server.response(to: "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n")
            #expect(unknown.status == 417)
        }
    }

    @Test("answers 500 for a handler that answers nothing, and goes on")
    func unanswered() async throws {
        try await withServer { exchange in
            if exchange.head.path == "/ok" { await echo(exchange) }
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().status == 500)
            #expect(try await client.response().status == 200)
        }
    }

    @Test("cuts a stream its handler leaves unfinished")
    func unfinishedStream() async throws {
        try await withServer { exchange in
            let writer = await exchange.startStream(HTTPResponseHead(.ok))
            try? await writer.write(Array("half".utf8))
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await client.textToEnd()
            #expect(text.hasSuffix("\r\n\r\n4\r\nhalf\r\n"))
        }
    }

    @Test("listens on IPv4, IPv6 and a Unix socket at once")
    func addresses() async throws {
        let path = "/tmp/http-server-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        let remotes = Box<[String]>([])
        try await withServer(
            addresses: [loopback, SocketAddress(ip: "::1", port: 0), SocketAddress(unixPath: path)]
        ) { exchange in
            remotes.change { $0.append(exchange.remoteAddress.map { $0.isLoopback ? "loopback" : "other" } ?? "none") }
            #expect(exchange.isLoopbackListener)
            await echo(exchange)
        } _: { server in
            for index in 0..<3 {
                let client = try await server.connect(to: index)
                try await client.send("GET /\(index) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().body == "GET /\(index) ")
            }
        }
        #expect(remotes.value == ["loopback", "loopback", "none"])
        #expect(access(path, F_OK) != 0, "the socket file is removed")
    }

    @Test("says which address it cannot have, also when several loops share a port", arguments: [1, 2])
    func addressInUse(loops: Int) async throws {
        try await withServer(loops: loops, handler: echo) { server in
            let taken = server.server.boundAddresses[0]
            let second = HTTPServer(
                handler: ClosureHandler(body: echo), loops: server.serverLoops,
                addresses: [loopback, taken].compactMap { $0 })
            do throws(HTTPServerStartError) {
                try await second.start()
                Issue.record("two servers share one port")
            } catch {
                #expect(error.address == taken)
                #expect(error.error.code == EADDRINUSE)
            }
        }
    }

    @Test("serves one port from several loops")
    func severalLoops() async throws {
        let seen = Box<Set<String>>([])
        try await withServer(loops: 2) { exchange in
            seen.change { $0.insert(exchange.loop.name) }
            await echo(exchange)
        } _: { server in
            // The kernel spreads connections by their hash: 64 on one side would be a miracle.
            for _ in 0..<64 {
                let response = try await server.response(to: "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(response.status == 200)
            }
        }
        #expect(seen.value.count == 2)
    }

    @Test("survives mutated requests")
    func mutations() async throws {
        try await withServer(
            limits: HTTPServerLimits(
                headerTimeout: .milliseconds(300), bodyTimeout: .milliseconds(300), lingerTimeout: .milliseconds(100)),
            handler: echo
        ) { server in
            var random = SeededGenerator(seed: 0x5352_5652)
            for round in 0..<300 {
                var bytes = Array(HTTPRequestParserTests.corpus[round % HTTPRequestParserTests.corpus.count].utf8)
                for _ in 0..<3 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                let client = try await server.connect()
                try await client.stream.write(bytes, until: RawClient.patience)
                client.stream.shutDownWriting()
                try await client.waitForClose()
                client.close()
            }
            #expect(try await server.response(to: "GET /alive HTTP/1.1\r\nHost: a\r\n\r\n").body == "GET /alive ")
        }
    }
}
