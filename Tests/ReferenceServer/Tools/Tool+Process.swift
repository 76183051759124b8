import Glibc
import MCPProtocol

extension Tool {
    /// Tools that show how the server's process was set up.
    static let process: [Tool] = [
        Tool(
            name: "environment", description: "Answers an environment variable as JSON; null when it is not set.",
            inputSchema: schema(["name": #"{"type":"string"}"#], required: ["name"]),
            body: .immediate { (call) throws(ToolFailure) in
                let value = getenv(try call.arguments.string("name")).map { String(cString: $0) }
                return ToolResult(json: value.map(JSONValue.string) ?? .null)
            }),
        Tool(
            name: "pid",
            description: "Answers process id, parent, process group, working directory and arguments as JSON.",
            body: .immediate { (_) throws(ToolFailure) in
                guard let buffer = getcwd(nil, 0) else { throw .failed("getcwd: errno \(errno)") }
                defer { free(buffer) }
                return ToolResult(
                    json: .object([
                        "pid": JSONValue(getpid()), "ppid": JSONValue(getppid()), "pgid": JSONValue(getpgrp()),
                        "cwd": .string(String(cString: buffer)),
                        "arguments": .array(CommandLine.arguments.map(JSONValue.string)),
                    ]))
            }),
        Tool(
            name: "sleepless_child",
            description: "Starts a process that ignores SIGHUP and SIGTERM and sleeps; answers its process id.",
            inputSchema: schema([
                "seconds": #"{"type":"integer","minimum":1,"default":600}"#,
                "keepsOutput": #"{"type":"boolean","default":true,"description":"Inherit standard output."}"#,
            ]),
            body: .immediate { (call) throws(ToolFailure) in
                let seconds = try call.arguments.integer("seconds", in: 1...86_400, default: 600)
                let pid = try startSleeper(
                    seconds: seconds, keepsOutput: try call.arguments.bool("keepsOutput", default: true))
                return ToolResult(text: String(pid))
            }),
    ]

    private static func startSleeper(seconds: Int64, keepsOutput: Bool) throws(ToolFailure) -> pid_t {
        var attributes = posix_spawnattr_t()
        var actions = posix_spawn_file_actions_t()
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&actions)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        // This process blocks signals to wait for them; the child starts with none blocked.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        if !keepsOutput {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        }

        let script = "trap '' HUP TERM; exec sleep \(seconds)"
        var arguments: [UnsafeMutablePointer<CChar>?] = []
        var environment: [UnsafeMutablePointer<CChar>?] = []
        for text in ["/bin/sh", "-c", script] { arguments.append(strdup(text)) }
        for text in ["PATH=/usr/bin:/bin"] { environment.append(strdup(text)) }
        defer { for text in arguments + environment { free(text) } }
        arguments.append(nil)
        environment.append(nil)
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/bin/sh", &actions, &attributes, &arguments, &environment)
        guard code == 0 else { throw .failed("posix_spawn: errno \(code)") }
        return pid
    }
}

extension ToolResult {
    /// One text that is JSON.
    init(json value: JSONValue) { self.init(text: String(decoding: value.serialized(), as: UTF8.self)) }
}
