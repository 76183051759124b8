import MCPProtocol
import TestSupport
import Testing

@testable import AgentBridge

@Suite("Files as text")
struct FileTextTests {
    @Test(
        "separated values become rows, quotes and line ends included",
        arguments: [
            ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
            ("a;b;c\r\n1;\"x;\"\"y\"\"\r\nz\";\r\n", [["a", "b", "c"], ["1", "x;\"y\"\r\nz", ""]]),
            ("a\tb", [["a", "b"]]), ("", []), ("\n\na\n", [["a"]]), ("\"open,b", [["open,b"]]),
        ])
    func rows(text: String, rows: [[String]]) {
        #expect(CSVTable.rows(of: text) == rows)
    }

    @Test("a table has as many columns everywhere, and no cell ends it")
    func table() {
        #expect(CSVTable.markdown("a,b\n1\n\"x|\ny\",z") == "| a | b |\n| --- | --- |\n| 1 |  |\n| x\\| y | z |")
        #expect(CSVTable.markdown("just one column\nof text") == nil)
    }

    @Test("no bytes trip the reader of tables")
    func random() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5000 {
            let bytes = (0..<40).map { _ in Array(",;\"\n\r\tax".utf8).randomElement(using: &generator) ?? 0 }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let table = CSVTable.markdown(text) else { continue }
            let bars = table.split(separator: "\n").map { line in line.replacing("\\|", with: "").count { $0 == "|" } }
            #expect(Set(bars).count == 1, "\(text.debugDescription)")
        }
    }

    @Test(
        "pages count from one and end with how many there are",
        arguments: [(0, 1), (1, 1), (10_000, 1), (10_001, 2), (25_000, 3)])
    func pages(length: Int, count: Int) throws {
        let text = String(repeating: "é", count: length)
        var joined = ""
        for page in 1...count {
            let shown = try FileReader.page(page, of: text)
            let end = "\n\n**Page #\(page). Total pages: \(count)**"
            #expect(shown.hasSuffix(end))
            joined += shown.dropLast(end.count)
        }
        #expect(joined == text)
        #expect(throws: FileProblem.self) { try FileReader.page(count + 1, of: text) }
        #expect(throws: FileProblem.self) { try FileReader.page(0, of: text) }
        #expect(throws: FileProblem.self) { try FileReader.page(.max, of: text) }
    }

    @Test("a text cannot end the fence around it")
    func fence() throws {
        var content = AttachmentContent(hasVision: false)
        let isTaken = content.add(text: "a\n```\nb ````", type: "text/plain", title: "t")
        let text = RawJSON(unchecked: content.parts[0][...]).member("text")?.stringValue
        #expect(text == "t\n`````\na\n```\nb ````\n`````")
        let isLongTaken = content.add(text: String(repeating: "a", count: 20_001), type: "text/plain", title: "t")
        #expect(isTaken && !isLongTaken)
    }

    @Test(
        "stored names are plain and distinct",
        arguments: [
            ("chart", "image/png", "1-chart.png"), ("../../etc/passwd", "text/plain", "1-passwd.txt"),
            ("..", "x/y", "1-__"), ("", "application/pdf", "1-attachment.pdf"),
            ("a b\r\n.csv", "text/csv", "1-a_b__.csv"),
        ])
    func names(title: String, type: String, name: String) {
        #expect(AttachmentUpload.fileName(title, type: type, index: 0) == name)
    }
}
