/// The replacement of references such as `${GITHUB_TOKEN}` by what they stand for.
///
/// | Written | Becomes |
/// |---|---|
/// | `${VAR}`, `${env:VAR}` | the environment variable; unset is a failure |
/// | `${VAR:-text}`, `${env:VAR:-text}` | the variable, or the text when it is unset or empty |
/// | `${file:/path}` | the contents of the file without the newlines at its end |
/// | `${workspaceFolder}`, `${userHome}`, … | the folder of the file, the home folder (editors write these) |
/// | `$${` | `${`, literally |
///
/// A `$` before anything else stands for itself, so that pasted values need no care.
package struct Expansion {
    /// What is known of the outside.
    package let environment: ConfigurationEnvironment

    /// What `${workspaceFolder}` and relative paths start from.
    package let baseDirectory: String?

    package init(environment: ConfigurationEnvironment, baseDirectory: String?) {
        self.environment = environment
        self.baseDirectory = baseDirectory
    }

    /// A text after the replacement.
    package struct Outcome: Equatable {
        package var value = ""

        /// What came from outside and must not be shown.
        package var secrets: [Redactor.Secret] = []

        /// Sentences about references that stand for nothing.
        package var failures: [Failure] = []

        /// Sentences about references that probably stand for something else than meant.
        package var doubts: [String] = []
    }

    package struct Failure: Equatable {
        package var reason: String

        /// Whether only the surroundings lack something (a variable, a file), not the text itself.
        package var isMissingValue = false
    }

    /// A secret is a line or a key, not a document.
    package static let maxFileBytes = 64 << 10

    /// References inside defaults inside references.
    private static let maxDepth = 8

    package func expand(_ text: String) -> Outcome {
        var outcome = Outcome()
        outcome.value = expand(Array(text.utf8)[...], depth: 0, into: &outcome)
        return outcome
    }

    private static let dollar = UInt8(ascii: "$")
    private static let open = UInt8(ascii: "{")
    private static let close = UInt8(ascii: "}")

    private func expand(_ text: ArraySlice<UInt8>, depth: Int, into outcome: inout Outcome) -> String {
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.first {
            if rest.starts(with: [Self.dollar, Self.dollar, Self.open]) {
                result += [Self.dollar, Self.open]
                rest = rest.dropFirst(3)
            } else if rest.starts(with: [Self.dollar, Self.open]) {
                rest = rest.dropFirst(2)
                guard let end = Self.endOfReference(in: rest) else {
                    outcome.failures.append(
                        Failure(reason: "has \"${\" without \"}\"; write \"$${\" for the two characters themselves"))
                    break
                }
                let reference = rest[..<end]
                rest = rest[(end + 1)...]
                if depth < Self.maxDepth {
                    result += Array(value(of: reference, depth: depth + 1, into: &outcome).utf8)
                } else {
                    outcome.failures.append(Failure(reason: "has references nested deeper than \(Self.maxDepth)"))
                }
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Where the `}` stands that belongs to a reference that has begun.
    private static func endOfReference(in text: ArraySlice<UInt8>) -> Int? {
        var depth = 0
        var index = text.startIndex
        while index < text.endIndex {
            if text[index...].starts(with: [dollar, open]) {
                depth += 1
                index += 1
            } else if text[index] == close {
                if depth == 0 { return index }
                depth -= 1
            }
            index += 1
        }
        return nil
    }

    /// The value of what stands between `${` and `}`.
    private func value(of reference: ArraySlice<UInt8>, depth: Int, into outcome: inout Outcome) -> String {
        let text = String(decoding: reference, as: UTF8.self)
        func fail(_ reason: String, isMissingValue: Bool = false) -> String {
            outcome.failures.append(Failure(reason: reason, isMissingValue: isMissingValue))
            return ""
        }
        if text.hasPrefix("file:") {
            let path = expand(reference.dropFirst("file:".utf8.count), depth: depth, into: &outcome)
            return contents(of: path, into: &outcome)
        }
        if let known = editorVariable(text) { return known }
        if text.hasPrefix("input:") {
            return fail(
                "asks for the input \"\(text.dropFirst("input:".count).shortened)\", which an editor would prompt for;"
                    + " put an environment variable in its place, such as ${\(Self.variableName(for: text.dropFirst(6)))}"
            )
        }
        for prefix in ["command:", "config:"] where text.hasPrefix(prefix) {
            return fail("refers to \"${\(text.shortened)}\", which only an editor can answer")
        }
        let variable = text.hasPrefix("env:") ? reference.dropFirst("env:".utf8.count) : reference
        let name = variable.prefix(while: Self.isAllowedInVariableName)
        let nameText = String(decoding: name, as: UTF8.self)
        let after = variable[name.endIndex...]
        let hasDefault = after.starts(with: Array(":-".utf8))
        guard let first = name.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            after.isEmpty || hasDefault
        else {
            return fail(
                "has \"${\(text.shortened)}\", which is not a reference; the forms are ${VAR}, ${VAR:-default}, ${env:VAR}"
                    + " and ${file:/path}, and \"$${\" stands for \"${\"")
        }
        let value = environment.variables[nameText]
        if hasDefault, value?.isEmpty ?? true {
            return expand(after.dropFirst(2), depth: depth, into: &outcome)
        }
        guard let value else {
            return fail(
                "needs the environment variable \(nameText), which is not set; set it, or write ${\(nameText):-default}",
                isMissingValue: true)
        }
        if value.isEmpty { outcome.doubts.append("uses the environment variable \(nameText), which is set but empty") }
        if !Self.harmlessVariables.contains(nameText) {
            outcome.secrets.append(Redactor.Secret(value, label: nameText))
        }
        return value
    }

    private func contents(of written: String, into outcome: inout Outcome) -> String {
        func fail(_ reason: String) -> String {
            outcome.failures.append(Failure(reason: reason, isMissingValue: true))
            return ""
        }
        guard !written.isEmpty else { return fail("has \"${file:}\" without a path") }
        let path = FilePathText.absolute(written, base: baseDirectory, home: environment.homeDirectory)
        let bytes: [UInt8]
        do {
            bytes = try environment.readFile(path, Self.maxFileBytes)
        } catch {
            return fail("needs the file \"\(path.shortened)\", which \(error.reason)")
        }
        guard var value = String(validating: bytes, as: UTF8.self) else {
            return fail("needs the file \"\(path.shortened)\", which is not UTF-8")
        }
        while let last = value.unicodeScalars.last, last == "\n" || last == "\r" { value.unicodeScalars.removeLast() }
        guard !value.isEmpty else { return fail("needs the file \"\(path.shortened)\", which is empty") }
        outcome.secrets.append(Redactor.Secret(value, label: "file:\(path.shortened)"))
        return value
    }

    private func editorVariable(_ name: String) -> String? {
        switch name {
        case "workspaceFolder", "workspaceRoot": baseDirectory ?? "."
        case "workspaceFolderBasename": (baseDirectory ?? ".").split(separator: "/").last.map(String.init) ?? "/"
        case "userHome": environment.homeDirectory
        case "pathSeparator", "/": "/"
        default: nil
        }
    }

    /// These say where and who, not what nobody may know; hiding them would make messages about paths useless.
    private static let harmlessVariables: Set<String> = [
        "HOME", "USER", "LOGNAME", "PWD", "PATH", "SHELL", "TMPDIR", "LANG",
    ]

    private static func isAllowedInVariableName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// What the variable could be called that replaces an editor's input: `github-token` → `GITHUB_TOKEN`.
    private static func variableName(for input: Substring) -> String {
        let name = String(
            decoding: input.utf8.prefix(40).map { isAllowedInVariableName($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        return name.first.map { $0.isNumber } ?? true ? "INPUT_\(name.uppercased())" : name.uppercased()
    }
}
