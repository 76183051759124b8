import Foundation
import Testing

@testable import AsyncIO

@Suite("Log lines")
struct LogTests {
    /// What a log writes.
    private static func lines(_ form: LogForm, _ body: (Log) -> Void) throws -> [String] {
        let pipe = Pipe()
        let log = try Log(
            level: .info, form: form, descriptor: pipe.fileHandleForWriting.fileDescriptor,
            redact: { $0.replacing("secret", with: "[redacted]") })
        body(log)
        log.flush()
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    private static let wild = "a \"secret\" \\ \u{1}\n\u{2028}é"

    @Test("JSON lines have numbers as numbers, and everything else as strings on one line")
    func json() throws {
        let lines = try Self.lines(.json) { log in
            log.debug("not shown")
            log.info("run_end", ["count": 7, "text": Self.wild, "level2": LogLevel.error.name])
        }
        #expect(lines.count == 1)
        let value = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
        #expect(value?["msg"] as? String == "run_end" && value?["level"] as? String == "info")
        #expect(value?["count"] as? Int == 7 && value?["level2"] as? String == "error")
        #expect(value?["text"] as? String == Self.wild.replacing("secret", with: "[redacted]"))
        #expect((value?["time"] as? String)?.hasSuffix("Z") == true)
    }

    @Test("logfmt quotes what has to be quoted")
    func logfmt() throws {
        let lines = try Self.lines(.logfmt) { $0.warning("odd", ["plain": "x-1", "text": "a=\"secret\"\n"]) }
        #expect(lines.count == 1 && lines[0].hasPrefix("time="))
        #expect(lines[0].hasSuffix(#" level=warning msg="odd" plain=x-1 text="a=\"[redacted]\"\n""#))
    }
}
