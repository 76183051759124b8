import Configuration
import Foundation
import TestSupport
import Testing

@testable import Gateway

@Suite("Keys of the state")
struct StateKeysTests {
    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    /// Why there is no key.
    private func failure(_ state: StateConfiguration) -> String? {
        do {
            _ = try StateKeys.load(state)
        } catch {
            return "\(error)"
        }
        return nil
    }

    @Test("the first start makes a folder and a key that only their owner may read, the second one finds it")
    func kept() throws {
        let directory = try TemporaryDirectory()
        let dir = directory.path("a/state")
        let first = try StateKeys.load(StateConfiguration(dir: dir))
        #expect(first.count == 1)
        #expect(first.first?.count == 32)
        #expect(try mode(dir) == 0o700)
        #expect(try mode(dir + "/state.key") == 0o600)
        #expect(try StateKeys.load(StateConfiguration(dir: dir)) == first)
        let other = try StateKeys.load(StateConfiguration(dir: directory.path("b")))
        #expect(other != first)
    }

    @Test("many that start at once have one key")
    func race() async throws {
        let directory = try TemporaryDirectory()
        let dir = directory.path("state")
        let keys = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for _ in 0..<16 { group.addTask { try StateKeys.load(StateConfiguration(dir: dir)) } }
            return try await group.reduce(into: Set<[[UInt8]]>()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
    }

    @Test("a given key counts before a kept one, and older ones come behind it")
    func given() throws {
        let directory = try TemporaryDirectory()
        let dir = directory.path("state")
        let (new, old) = ("new-key-of-16-bytes", "old-key-of-16-bytes")
        #expect(
            try StateKeys.load(StateConfiguration(dir: dir, key: new, previousKeys: [old]))
                == [Array(new.utf8), Array(old.utf8)])
        #expect(!FileManager.default.fileExists(atPath: dir))
        let kept = try StateKeys.load(StateConfiguration(dir: dir, previousKeys: [old]))
        #expect(kept.count == 2)
        #expect(kept.last == Array(old.utf8))
        #expect(try StateKeys.load(StateConfiguration()) == [])
        // Old keys alone sign nothing new.
        let own = try StateKeys.load(StateConfiguration(previousKeys: [old]))
        #expect(own.count == 2)
        #expect(own.first != Array(old.utf8))
        #expect(own.last == Array(old.utf8))
    }

    @Test("a file that holds no key is an error that names it", arguments: ["hello", "AAAA", "", "ä", "A A", "\n"])
    func garbage(text: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(text, to: "state.key")
        let reason = try #require(failure(StateConfiguration(dir: directory.path)))
        #expect(reason.contains("state.dir"), "\(reason)")
        #expect(reason.contains("state.key"), "\(reason)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test("a folder that cannot be used is an error that names it and says why")
    func noFolder() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("", to: "file")
        for dir in [file, file + "/inside", "/proc/none", "/dev/null"] {
            let reason = try #require(failure(StateConfiguration(dir: dir)))
            #expect(reason.hasPrefix("state.dir: \(dir)"), "\(reason)")
            #expect(reason.contains("ot a directory") || reason.contains("No such file"), "\(reason)")
            #expect(!reason.contains("NSCocoaErrorDomain"), "\(reason)")
            #expect(!reason.contains("\n"), "\(reason)")
        }
    }

    @Test("something else by the name of the key is an error")
    func folderForKey() throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.path("state.key"), withIntermediateDirectories: false)
        let reason = try #require(failure(StateConfiguration(dir: directory.path)))
        #expect(reason.hasPrefix("state.dir: "), "\(reason)")
        #expect(!reason.contains("NSCocoaErrorDomain"), "\(reason)")
    }
}
