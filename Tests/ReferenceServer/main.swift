import Glibc

let options: ServerOptions
do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.contains("--help") {
        print(ServerOptions.usage)
        exit(0)
    }
    if arguments.contains("--version") {
        print(ServerOptions.version)
        exit(0)
    }
    options = try ServerOptions(arguments: arguments)
} catch {
    exitWithError("\(error)", code: 2)
}
if let code = options.exitCodeAtStart { exit(code) }

// Blocked before any thread exists, so that only the wait below gets them.
var ending = sigset_t()
sigemptyset(&ending)
sigaddset(&ending, SIGTERM)
sigaddset(&ending, SIGINT)
pthread_sigmask(SIG_BLOCK, &ending, nil)
signal(SIGPIPE, SIG_IGN)

LoopActor.start {
    do {
        try await serve(options)
        exit(0)
    } catch {
        exitWithError("\(error)")
    }
}

while true {
    var received: Int32 = 0
    if sigwait(&ending, &received) == 0, !options.ignoresRequestsToEnd { exit(0) }
}
