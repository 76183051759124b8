import AsyncIO
import Foundation
import Glibc
import MCPClient
import TestSupport
import Testing

@testable import Gateway

@Suite("The file of eras")
struct EraMemoryTests {
    private func server(_ name: String) -> ServerConfiguration {
        ServerConfiguration(
            name: name,
            transport: .stdio(
                command: "/bin/secret-command", arguments: ["--token", "hunter2", name],
                environment: [.init("SECRET_NAME", "secret-value")], workingDirectory: "/srv"))
    }

    private func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    private func remember(_ names: String..., in dir: String) async {
        let memory = EraMemory(dir: dir, log: .silent)
        for name in names {
            memory.note(EraVerdict(.legacy, evidence: "secret text", basis: .silence), of: server(name))
        }
        await memory.flush()
    }

    private func isRemembered(_ name: String, in dir: String) -> Bool {
        EraMemory(dir: dir, log: .silent).verdict(of: server(name)) != nil
    }

    @Test("the next gateway knows what this one found out; only its owner may read it, and no secret is in it")
    func kept() async throws {
        let directory = try TemporaryDirectory()
        let dir = directory.path("a/state")
        #expect(EraMemory(dir: dir, log: .silent).verdict(of: server("s")) == nil)
        // Nothing is made before there is something to keep.
        #expect(!FileManager.default.fileExists(atPath: directory.path("a")))
        await remember("s", in: dir)
        let verdict = try #require(EraMemory(dir: dir, log: .silent).verdict(of: server("s")))
        #expect(verdict.era == .legacy && verdict.basis == .silence)
        #expect(verdict.evidence.hasPrefix("remembered from 20"))
        #expect(!isRemembered("t", in: dir))
        #expect(try mode(dir) == 0o700)
        #expect(try mode(dir + "/eras.json") == 0o600)
        let text = try directory.read("a/state/eras.json")
        for secret in ["secret", "hunter2", "SECRET_NAME", "/srv", "token"] { #expect(!text.contains(secret)) }
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: dir)) == ["eras.json", "eras.lock"])
    }

    @Test("what does not last is not kept, and a server found to be modern is forgotten")
    func forgotten() async throws {
        let directory = try TemporaryDirectory()
        let memory = EraMemory(dir: directory.path, log: .silent)
        memory.note(EraVerdict(.legacy, evidence: "x", isLasting: false), of: server("s"))
        memory.note(EraVerdict(.modern, evidence: "x"), of: server("s"))
        await memory.flush()
        #expect(!FileManager.default.fileExists(atPath: directory.path("eras.json")))

        await remember("s", "t", in: directory.path)
        let next = EraMemory(dir: directory.path, log: .silent)
        #expect(next.verdict(of: server("s")) != nil)
        next.note(EraVerdict(.modern, evidence: "x"), of: server("s"))
        await next.flush()
        #expect(!isRemembered("s", in: directory.path))
        #expect(isRemembered("t", in: directory.path))
    }

    @Test("what was remembered and is still true stays as old as it is")
    func age() async throws {
        let directory = try TemporaryDirectory()
        await remember("s", in: directory.path)
        let before = try directory.read("eras.json")
        let next = EraMemory(dir: directory.path, log: .silent)
        let verdict = try #require(next.verdict(of: server("s")))
        #expect(unlink(directory.path("eras.json")) == 0)
        next.note(verdict, of: server("s"))
        await next.flush()
        #expect(!FileManager.default.fileExists(atPath: directory.path("eras.json")))
        try directory.write(before, to: "eras.json")
        #expect(isRemembered("s", in: directory.path))
    }

    @Test("gateways that share a folder keep what the others have found out, all at once too")
    func shared() async throws {
        let directory = try TemporaryDirectory()
        let dir = directory.path
        // Both have read the file before either has written it.
        let (one, other) = (EraMemory(dir: dir, log: .silent), EraMemory(dir: dir, log: .silent))
        one.note(EraVerdict(.legacy, evidence: "x"), of: server("one"))
        await one.flush()
        other.note(EraVerdict(.legacy, evidence: "x"), of: server("other"))
        await other.flush()
        #expect(isRemembered("one", in: dir) && isRemembered("other", in: dir))

        await withTaskGroup(of: Void.self) { group in
            for number in 0..<24 { group.addTask { await self.remember("\(number)", in: dir) } }
        }
        for number in 0..<24 { #expect(isRemembered("\(number)", in: dir)) }
        #expect(isRemembered("one", in: dir))
    }

    @Test(
        "a file that is damaged, foreign or older is told of, ignored, and written anew",
        arguments: ["", "{", "\u{0}", #"{"a":1}"#, #"{"format":"mcp-gateway eras","version":1"#])
    func damaged(text: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.write(text, to: "eras.json")
        let told = try directory.log { log in
            let memory = EraMemory(dir: directory.path, log: log)
            #expect(memory.verdict(of: server("s")) == nil)
        }
        #expect(told.contains("eras of servers not remembered") && told.contains("eras.json"), "\(told)")
        await remember("s", in: directory.path)
        #expect(isRemembered("s", in: directory.path))
    }

    @Test("a file of a newer gateway is left alone")
    func newer() async throws {
        let directory = try TemporaryDirectory()
        let text = #"{"format":"mcp-gateway eras","version":9,"legacy":{}}"#
        try directory.write(text, to: "eras.json")
        await remember("s", in: directory.path)
        #expect(try directory.read("eras.json") == text)
    }

    @Test("something else by the name of the file is told of, and neither followed nor waited for")
    func notAFile() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("eras.json")
        let target = try directory.write("mine", to: "elsewhere")
        let kinds: [(String, () -> Int32)] = [
            ("link", { symlink(target, path) }), ("pipe", { mkfifo(path, 0o600) }), ("folder", { mkdir(path, 0o700) }),
        ]
        for (kind, make) in kinds {
            #expect(make() == 0)
            let told = try directory.log { log in
                #expect(EraMemory(dir: directory.path, log: log).verdict(of: server("s")) == nil)
            }
            #expect(told.contains("eras of servers not remembered"), "\(kind): \(told)")
            await remember("s", in: directory.path)
            #expect(try directory.read("elsewhere") == "mine")
            try FileManager.default.removeItem(atPath: path)
        }
    }

    @Test("a folder that cannot be used costs nothing but the memory", arguments: ["file/state", "file"])
    func noFolder(dir: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "file")
        await remember("s", in: directory.path(dir))
        #expect(!isRemembered("s", in: directory.path(dir)))
        #expect(try directory.read("file") == "")
    }

    @Test("a file left half written by a gateway that was killed is in nobody's way")
    func leftover() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("{\"form", to: "eras.json.new")
        #expect(chmod(directory.path("eras.json.new"), 0o666) == 0)
        await remember("s", in: directory.path)
        #expect(isRemembered("s", in: directory.path))
        #expect(try mode(directory.path("eras.json")) == 0o600)
        #expect(!FileManager.default.fileExists(atPath: directory.path("eras.json.new")))
    }
}

extension TemporaryDirectory {
    /// What `body` logs.
    fileprivate func log(_ body: (Log) throws -> Void) throws -> String {
        let descriptor = open(path("log"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let log = try Log(level: .debug, descriptor: descriptor)
        try body(log)
        log.flush()
        return try read("log")
    }
}
