import AsyncIO
import Dispatch
import Glibc

/// An OpenAI-compatible model server that plays a script.
let usage = """
    usage: scripted-llm [--listen HOST:PORT] [--script FILE | --demo] [--no-log] [--loops N]

    Serves POST …/chat/completions and prints where: "listening on http://127.0.0.1:PORT/v1". Port 0, the default, lets
    the system choose. Without a script, or with --demo: "call TOOL {json}" in a question becomes a call of that tool,
    everything else is echoed. GET /requests lists what was asked, DELETE /requests forgets it.
    """

func write(message: String, to descriptor: Int32) {
    let bytes = Array(message.utf8)
    // That nobody listens is nobody's problem.
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
}

func fail(_ message: String) -> Never {
    write(message: "scripted-llm: \(message)\n", to: STDERR_FILENO)
    exit(2)
}

func contents(of path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { fail("\(path): \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return bytes
}

var host = "127.0.0.1"
var port: UInt16 = 0
var script: Script?
var isLogKept = true
var loopCount: Int?

var arguments = CommandLine.arguments.dropFirst()
while let option = arguments.popFirst() {
    switch option {
    case "--help":
        print(usage)
        exit(0)
    case "--demo": script = nil
    case "--no-log": isLogKept = false
    case "--loops": loopCount = arguments.popFirst().flatMap { Int($0) }
    case "--listen":
        guard let text = arguments.popFirst(), let colon = text.lastIndex(of: ":"),
            let number = UInt16(text[text.index(after: colon)...])
        else { fail("--listen needs HOST:PORT") }
        host = String(text[..<colon])
        port = number
    case "--script":
        guard let path = arguments.popFirst() else { fail("--script needs a file") }
        do { script = try Script(parsing: contents(of: path)) } catch { fail("\(path): \(error)") }
    default: fail("unknown option \(option)")
    }
}

_ = ProcessLimits.raiseDescriptorLimit()
guard let address = SocketAddress(ip: host, port: port) else { fail("--listen: \(host) is no address") }
do {
    let group = try EventLoopGroup(count: loopCount)
    var limits = HTTPServerLimits()
    limits.maxConnections = 100_000
    let server = HTTPServer(
        handler: ScriptedHandler(script: script, log: RequestLog(isKept: isLogKept)), limits: limits,
        loops: group.loops, addresses: [address])
    let stop = DispatchSemaphore(value: 0)
    Task.detached {
        do {
            try await server.start()
            for address in server.boundAddresses {
                write(message: "listening on http://\(address)/v1\n", to: STDOUT_FILENO)
            }
        } catch {
            fail("\(error)")
        }
    }
    signal(SIGTERM, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
    // Sendable, or it would belong to the main actor, as top-level code does, and trap on the queue's thread.
    source.setEventHandler { @Sendable in stop.signal() }
    source.resume()
    stop.wait()
    exit(0)
} catch {
    fail("\(error)")
}
