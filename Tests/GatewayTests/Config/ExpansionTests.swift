import Configuration
import Testing

@testable import Gateway

@Suite("References in texts")
struct ExpansionTests {
    private func expand(_ text: String) -> Expansion.Outcome {
        Expansion(
            environment: environment(
                ["TOKEN": "s3cret-value", "EMPTY": "", "NAME": "TOKEN", "HOME": "/home/ann", "DIR": "keys"],
                files: [
                    "/run/secrets/a": "from-file\n", "/etc/mcp/keys/b": "relative", "/home/ann/c": "at-home\r\n\n",
                    "/empty": "\n",
                ]),
            baseDirectory: "/etc/mcp"
        ).expand(text)
    }

    @Test(
        "references become what they stand for",
        arguments: [
            ("plain", "plain"), ("", ""), ("Bearer ${TOKEN}", "Bearer s3cret-value"),
            ("${env:TOKEN}!", "s3cret-value!"),
            ("${TOKEN}${TOKEN}", "s3cret-values3cret-value"), ("${MISSING:-fallback}", "fallback"),
            ("${env:MISSING:-fallback}", "fallback"), ("${EMPTY:-fallback}", "fallback"),
            ("${TOKEN:-x}", "s3cret-value"),
            ("${MISSING:-}", ""), ("${MISSING:-${TOKEN}}", "s3cret-value"), ("${MISSING:-a:-b}", "a:-b"),
            ("${MISSING:-http://h:1/p}", "http://h:1/p"), ("${file:/run/secrets/a}", "from-file"),
            ("${file:keys/b}", "relative"), ("${file:~/c}", "at-home"), ("${file:${DIR}/b}", "relative"),
            ("$TOKEN", "$TOKEN"), ("$", "$"), ("$$", "$$"), ("pa$$word", "pa$$word"), ("$${TOKEN}", "${TOKEN}"),
            ("{TOKEN}", "{TOKEN}"), ("${TOKEN}}", "s3cret-value}"), ("ü${TOKEN}ü", "üs3cret-valueü"),
            ("${workspaceFolder}/x", "/etc/mcp/x"), ("${workspaceFolderBasename}", "mcp"),
            ("${userHome}${/}x", "/home/ann/x"),
        ])
    func values(text: String, expected: String) {
        let outcome = expand(text)
        #expect(outcome.value == expected)
        #expect(outcome.failures == [])
    }

    @Test(
        "what stands for nothing says why",
        arguments: [
            ("${MISSING}", "variable MISSING, which is not set", true), ("${env:MISSING}", "variable MISSING", true),
            ("${file:/nowhere}", "\"/nowhere\", which cannot be read: No such file", true),
            ("${file:/empty}", "which is empty", true),
            ("${file:}", "without a path", true), ("${TOKEN", "without \"}\"", false),
            ("${}", "not a reference", false),
            ("${1A}", "not a reference", false), ("${A B}", "not a reference", false),
            ("${TOKEN-x}", "not a reference", false),
            ("${TOKEN:?}", "not a reference", false), ("${input:api-key}", "the input \"api-key\"", false),
            ("${input:api-key}", "such as ${API_KEY}", false),
            ("${command:pick}", "only an editor", false), ("${config:a.b}", "only an editor", false),
            (String(repeating: "${M:-", count: 12) + String(repeating: "}", count: 12), "nested deeper", false),
        ])
    func failures(text: String, reason: String, isMissing: Bool) {
        let outcome = expand(text)
        #expect(
            outcome.failures.contains { $0.reason.contains(reason) && $0.isMissingValue == isMissing },
            "\(outcome.failures)")
    }

    @Test("all failures of a text are told")
    func everyFailure() {
        #expect(expand("${A} ${B} ${input:c}").failures.count == 3)
    }

    @Test("what came from outside is a secret, except what only says where and who")
    func secrets() {
        let outcome = expand("${TOKEN} ${file:/run/secrets/a} ${MISSING:-no secret} ${HOME} ${workspaceFolder}")
        #expect(outcome.secrets.map(\.value) == ["s3cret-value", "from-file"])
        #expect(outcome.secrets.map(\.label) == ["TOKEN", "file:/run/secrets/a"])
    }

    @Test("a variable that is set but empty is doubted")
    func empty() {
        #expect(expand("${EMPTY}").doubts.count == 1)
        #expect(expand("${EMPTY}").failures == [])
    }

    @Test("a file larger than a secret is refused")
    func largeFile() {
        let large = String(repeating: "a", count: Expansion.maxFileBytes + 1)
        let expansion = Expansion(environment: environment(files: ["/large": large]), baseDirectory: nil)
        #expect(expansion.expand("${file:/large}").failures.first?.reason.contains("larger than 65536 bytes") ?? false)
    }

    @Test("no cut or repetition of a reference crashes")
    func cuts() {
        let text = Array("a${TOKEN:-${file:/x}}$${y}${input:z}é".utf8)
        for start in text.indices {
            for end in start...text.count {
                let outcome = expand(String(decoding: text[start..<end], as: UTF8.self))
                #expect(outcome.failures.count <= 4)
            }
        }
    }
}
