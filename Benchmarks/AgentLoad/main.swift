import AsyncIO
import Dispatch
import Glibc

/// Users of a chat-completions server: each sends its next request when the answer to the last one has ended.
let usage = """
    usage: agent-load --url URL [--body TEXT] [--users N] [--requests N] [--loops N] [--timeout SECONDS]

    Sends the body, a streaming chat completion, to URL: --requests of them (default 1) by --users at once (default 1),
    all of whom begin together. Prints one line of JSON: how many requests there were and failed, the seconds they took
    together, and in seconds: "total" to the end of an answer, "first" to its first event, "phase" from the first stage
    of a tool to the last, "chunk" of the time stamps that scripted-llm writes into its text, "gap" between two of them.
    """

func fail(_ message: String) -> Never {
    let bytes = Array("agent-load: \(message)\n".utf8)
    // That nobody listens is nobody's problem.
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(2)
}

var options = LoadOptions()
var arguments = CommandLine.arguments.dropFirst()
while let name = arguments.popFirst() {
    if name == "--help" {
        print(usage)
        exit(0)
    }
    guard let value = arguments.popFirst() else { fail("\(name) is no option, or needs a value") }
    do throws(LoadOptions.Malformed) {
        try options.set(name, to: value)
    } catch {
        fail(error.description)
    }
}
if options.url.isEmpty { fail("--url is missing") }

_ = ProcessLimits.raiseDescriptorLimit()
signal(SIGPIPE, SIG_IGN)
do {
    let load = try Load(options)
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        print(await load.run().json)
        done.signal()
    }
    done.wait()
} catch {
    fail("\(error)")
}
