import Configuration
import MCPProtocol

/// How a server is reached: `command` and what goes with it, or `url`.
extension ConfigurationReader {
    private static let stdioKeys = ["args", "env", "envFile", "cwd"]
    private static let urlKeys = ["url", "serverUrl", "httpUrl"]

    /// Everything ``transport(of:_:)`` reads.
    static let transportKeys: Set<String> = [
        "command", "args", "env", "envFile", "cwd", "url", "serverUrl", "httpUrl", "headers", "type", "transport",
        "auth",
    ]

    /// What `type` or `transport` says.
    private enum WrittenKind {
        case stdio, http(HTTPTransportKind)

        /// Tools spell them in many ways. What most call "http" is Streamable HTTP; editors that write it fall back to
        /// HTTP+SSE, so that it must not exclude that.
        static let spellings: [String: WrittenKind] = [
            "stdio": .stdio, "http": .http(.auto), "sse": .http(.sse), "streamable": .http(.streamable),
            "streamablehttp": .http(.streamable), "auto": .http(.auto),
        ]
    }

    /// The transport, or `nil` after an error.
    mutating func transport(of node: ConfigurationNode, _ members: [String: ConfigurationNode]) -> ServerTransport? {
        for key in Self.transportKeys {
            if let member = members[key] { provenance[member.path.description] = .server(line: line(of: member)) }
        }
        let written = writtenKind(members)
        let urls = Self.urlKeys.compactMap { members[$0] }
        if urls.count > 1 {
            error(urls[1], "stands beside \"\(urls[0].key)\", which means the same; remove one of the two")
        }
        switch (members["command"], urls.first) {
        case (let command?, nil):
            if case .http = written {
                error(command, "does not go with the \"type\" of this server, which is reached at a \"url\"")
            }
            return stdio(command, members)
        case (nil, let url?):
            var kind: HTTPTransportKind = url.key == "httpUrl" ? .streamable : .auto
            switch written {
            case .stdio: error(url, "does not go with the type \"stdio\", which needs a \"command\"")
            case .http(let written): kind = written
            case nil: break
            }
            return http(url, kind: kind, members)
        case (let command?, let url?):
            error(command, "stands beside \"\(url.key)\"; a server is either started or reached at a URL")
            _ = stdio(command, members)
            _ = http(url, kind: .auto, members)
            return nil
        case (nil, nil):
            switch written {
            case .stdio: error(node, "has the type \"stdio\" and no \"command\" to start")
            case .http: error(node, "has a type that is reached over HTTP, and no \"url\"")
            case nil: error(node, "has neither \"command\" (a program to start) nor \"url\" (where it is reached)")
            }
            return nil
        }
    }

    private mutating func writtenKind(_ members: [String: ConfigurationNode]) -> WrittenKind? {
        var found: (node: ConfigurationNode, kind: WrittenKind, spelling: String)?
        for node in [members["type"], members["transport"]].compactMap(\.self) {
            guard let text = string(node) else { continue }
            let spelling = text.lowercased().filter { $0 != "-" && $0 != "_" }
            guard let kind = WrittenKind.spellings[spelling] else {
                error(
                    node,
                    "\"\(text.shortened)\" is not a transport; the transports are stdio, http, streamable-http and sse")
                continue
            }
            if let found, found.spelling != spelling {
                error(node, "\"\(text.shortened)\" contradicts \"\(found.node.key)\"; remove one of the two")
            } else {
                found = (node, kind, spelling)
            }
        }
        return found?.kind
    }

    // MARK: stdio

    private mutating func stdio(
        _ command: ConfigurationNode, _ members: [String: ConfigurationNode]
    ) -> ServerTransport? {
        for key in ["headers", "auth"] {
            if let member = members[key] { warn(member, "has no effect on a server that is started with \"command\"") }
        }
        let base = expansion.baseDirectory
        let home = expansion.environment.homeDirectory
        var directory = base
        if let node = members["cwd"], let text = processText(node) {
            if text.isEmpty {
                error(node, "is empty; leave it out for the folder of the configuration file")
            } else {
                directory = FilePathText.absolute(text, base: base, home: home)
            }
        }
        let arguments = members["args"].map { self.arguments($0) } ?? []
        let environment = self.environment(members)
        guard var program = processText(command) else { return nil }
        guard !program.isEmpty else {
            error(command, "is empty")
            return nil
        }
        if program.contains("/") || program == "~" {
            // As a shell would after changing to `cwd`.
            program = FilePathText.absolute(program, base: directory, home: home)
        } else if program.contains(" ") {
            warn(
                command,
                "\"\(program.shortened)\" contains a space; what follows the program's name belongs in \"args\"")
        }
        return .stdio(command: program, arguments: arguments, environment: environment, workingDirectory: directory)
    }

    /// A string that can be given to a process.
    private mutating func processText(_ node: ConfigurationNode) -> String? {
        guard let text = string(node) else { return nil }
        guard !text.utf8.contains(0) else {
            error(node, "contains a NUL character, which no process can be given")
            return nil
        }
        return text
    }

    private mutating func arguments(_ node: ConfigurationNode) -> [String] {
        guard node.kind == .array else {
            wrongKind(node, expected: "a list of strings")
            return []
        }
        var arguments: [String] = []
        for element in elements(of: node) {
            if element.kind == .number {
                error(element, "is a number; arguments are strings, so write \"\(element.value.text.shortened)\"")
                continue
            }
            guard let text = processText(element) else { continue }
            if element.value.stringValue == text { concealArgument(text, after: arguments.last) }
            arguments.append(text)
        }
        return arguments
    }

    /// Conceals what stands in `--api-key VALUE` and `--api-key=VALUE`.
    private mutating func concealArgument(_ text: String, after previous: String?) {
        if text.hasPrefix("-") {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, SecretNames.suggests(String(parts[0])), SecretNames.couldBeSecret(String(parts[1]))
            else { return }
            conceal(String(parts[1]))
        } else if let previous, previous.hasPrefix("-"), !previous.contains("="), SecretNames.suggests(previous),
            SecretNames.couldBeSecret(text)
        {
            conceal(text)
        }
    }

    /// `env` over `envFile`, in the order of the file.
    private mutating func environment(_ members: [String: ConfigurationNode]) -> [NamedValue] {
        var values: [NamedValue] = []
        if let node = members["envFile"] { values = environmentFile(node) }
        guard let node = members["env"] else { return values }
        guard let variables = self.members(of: node) else { return values }
        let replaced = Set(variables.map(\.key))
        values.removeAll { replaced.contains($0.name) }
        for variable in variables {
            guard !variable.key.isEmpty, !variable.key.utf8.contains(where: { $0 == UInt8(ascii: "=") || $0 == 0 })
            else {
                error(variable, "is not the name of an environment variable: it is empty, or contains \"=\" or NUL")
                continue
            }
            let value: String
            switch variable.kind {
            case .number, .bool: value = variable.value.text  // VS Code accepts numbers.
            case .null:
                warn(variable, "is null and left out")
                continue
            default:
                guard let text = processText(variable) else { continue }
                concealPlain(text, of: variable, name: variable.key)
                value = text
            }
            provenance[variable.path.description] = .server(line: line(of: variable))
            values.append(NamedValue(variable.key, value))
        }
        return values
    }

    private mutating func environmentFile(_ node: ConfigurationNode) -> [NamedValue] {
        guard let written = processText(node) else { return [] }
        let environment = expansion.environment
        let path = FilePathText.absolute(written, base: expansion.baseDirectory, home: environment.homeDirectory)
        func missing(_ reason: String, _ reader: inout ConfigurationReader) -> [NamedValue] {
            let message = "the file \"\(path.shortened)\" \(reason)"
            if reader.toleratesMissingValues { reader.warn(node, message) } else { reader.error(node, message) }
            return []
        }
        let bytes: [UInt8]
        do {
            bytes = try environment.readFile(path, EnvironmentFile.maxBytes)
        } catch {
            return missing(error.reason, &self)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return missing("is not UTF-8", &self) }
        let file = EnvironmentFile(parsing: text)
        for line in file.malformedLines {
            error(node, "line \(line) of the file \"\(path.shortened)\" is not of the form NAME=VALUE")
        }
        for variable in file.variables { conceal(variable.value, label: variable.name) }
        return file.variables
    }

    // MARK: HTTP

    private mutating func http(
        _ url: ConfigurationNode, kind: HTTPTransportKind, _ members: [String: ConfigurationNode]
    ) -> ServerTransport? {
        for key in Self.stdioKeys {
            if let member = members[key] { warn(member, "has no effect on a server that is reached at a \"url\"") }
        }
        var headers = members["headers"].map { self.headers($0) } ?? []
        if let auth = members["auth"] { addAuthorization(from: auth, to: &headers) }
        guard let text = string(url) else { return nil }
        // With a variable missing in a disabled server there is nothing to check.
        if toleratesMissingValues, let written = url.value.stringValue, written.contains("${") {
            return .http(url: text, headers: headers, kind: kind)
        }
        concealParts(of: text)
        if let problem = ServerURL.problem(with: text) {
            error(url, "\"\(text.shortened)\" \(problem)")
            return nil
        }
        return .http(url: text, headers: headers, kind: kind)
    }

    /// Set for each request by the gateway itself.
    private static let ownHeaders: Set<String> = [
        "accept", "content-type", "content-length", "transfer-encoding", "connection", "last-event-id",
        "mcp-session-id",
        "mcp-protocol-version", "mcp-method", "mcp-name",
    ]

    private mutating func headers(_ node: ConfigurationNode) -> [NamedValue] {
        guard let members = members(of: node) else { return [] }
        var headers: [NamedValue] = []
        for member in members {
            guard Self.isFieldName(member.key) else {
                error(
                    member,
                    "is not the name of a header: it is empty, or has other characters than letters, digits and !#$%&'*+-.^_`|~"
                )
                continue
            }
            guard let text = string(member) else { continue }
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                error(member, "has a value with a line break or another control character, which no header can hold")
                continue
            }
            let name = member.key.lowercased()
            if Self.ownHeaders.contains(name) {
                warn(member, "is ignored: the gateway sets this header itself")
                continue
            }
            if headers.contains(where: { $0.name.lowercased() == name }) {
                error(member, "stands twice; the names of headers are the same in upper and lower case")
                continue
            }
            concealPlain(text, of: member, name: member.key)
            provenance[member.path.description] = .server(line: line(of: member))
            headers.append(NamedValue(member.key, text))
        }
        return headers
    }

    /// `auth` of a FastMCP file: a bearer token, or the word "oauth".
    private mutating func addAuthorization(from node: ConfigurationNode, to headers: inout [NamedValue]) {
        guard node.kind == .string else {
            warn(node, "is ignored: write the \"Authorization\" in \"headers\"")
            return
        }
        guard let token = string(node) else { return }
        if token.lowercased() == "oauth" {
            warn(
                node, "is ignored: the gateway does not sign in for anybody; write the \"Authorization\" in \"headers\""
            )
        } else if headers.contains(where: { $0.name.lowercased() == "authorization" }) {
            warn(node, "is ignored, since \"headers\" has an \"Authorization\"")
        } else if token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            conceal(token)
            headers.append(NamedValue("Authorization", "Bearer \(token)"))
        } else {
            error(node, "is not a bearer token: it has spaces or characters outside ASCII")
        }
    }

    /// RFC 9110, 5.6.2: a token.
    private static func isFieldName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    // MARK: Secrets in plain text

    /// Conceals, and advises against, a secret written into the file itself.
    private mutating func concealPlain(_ value: String, of node: ConfigurationNode, name: String) {
        guard SecretNames.suggests(name), let written = node.value.stringValue, !written.contains("${"),
            SecretNames.couldBeSecret(value)
        else { return }
        // Without its scheme, since a server's complaint may repeat the credentials alone.
        let credentials = value.split(separator: " ", maxSplits: 1).last.map(String.init) ?? value
        conceal(SecretNames.couldBeSecret(credentials) ? credentials : value)
        warn(node, "holds a secret in plain text; write a reference to it, such as ${\(Self.variableName(for: node))}")
    }

    /// A name for a variable that could hold the value: the variable's own, or the server's with `_TOKEN`.
    private static func variableName(for node: ConfigurationNode) -> String {
        let isVariable = node.path.description.contains(".env.")
        return isVariable && node.key.utf8.allSatisfy({ $0 < 0x80 }) ? node.key.shortened : "TOKEN"
    }

    /// Conceals the password before `@` and the values of parameters such as `api_key=`.
    private mutating func concealParts(of url: String) {
        let withoutScheme = url.split(separator: "://", maxSplits: 1).last ?? ""
        let authority = withoutScheme.prefix { $0 != "/" && $0 != "?" }
        if let at = authority.lastIndex(of: "@") {
            let user = authority[..<at].split(separator: ":", maxSplits: 1)
            if let password = user.last, user.count == 2 { conceal(String(password)) }
        }
        guard let question = url.firstIndex(of: "?") else { return }
        for parameter in url[question...].dropFirst().split(separator: "&") {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, SecretNames.suggests(String(pair[0])), SecretNames.couldBeSecret(String(pair[1]))
            else {
                continue
            }
            conceal(String(pair[1]))
        }
    }
}
