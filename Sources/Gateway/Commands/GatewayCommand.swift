import AsyncIO
import Glibc

/// The command line of `mcp-gateway`.
package enum GatewayCommand {
    /// Runs the command the arguments name, and ends the process with its exit code.
    package static func main() -> Never {
        var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
        do throws(UsageError) {
            guard let command = arguments.takeCommand() else {
                if arguments.takeFlag("--version") {
                    print("\(GatewayVersion.name) \(GatewayVersion.number)")
                    exit(0)
                }
                if arguments.takeFlag("--help", "-h") {
                    print(Usage.text)
                    exit(0)
                }
                throw UsageError("a command is missing; try --help")
            }
            if arguments.takeFlag("--help", "-h") {
                guard let text = Usage.text(of: command) else { throw UsageError.unknown(command) }
                print(text)
                exit(0)
            }
            switch command {
            case "serve": exit(try ServeCommand(&arguments).run())
            case "check": exit(try CheckCommand(&arguments).run())
            case "help":
                print(Usage.text)
                exit(0)
            default: throw UsageError.unknown(command)
            }
        } catch {
            StandardError.write("mcp-gateway: \(error.message)")
            exit(2)
        }
    }
}

/// Arguments that make no sense. Exit code 2, as is the custom.
struct UsageError: Error {
    let message: String
    init(_ message: String) { self.message = message }

    static func unknown(_ command: String) -> UsageError {
        let known = Usage.commands.map(\.name)
        let near = known.min {
            EditDistance.between($0, command, atMost: 3) < EditDistance.between($1, command, atMost: 3)
        }
        let hint = near.flatMap {
            EditDistance.between($0, command, atMost: 3) <= 3 ? "; did you mean \"\($0)\"?" : nil
        }
        return UsageError("unknown command \"\(command)\"\(hint ?? "; try --help")")
    }
}

enum StandardError {
    /// One line to stderr.
    static func write(_ line: String) {
        var bytes = Array((line + "\n").utf8)
        while !bytes.isEmpty {
            let count = Glibc.write(STDERR_FILENO, bytes, bytes.count)
            if count > 0 { bytes.removeFirst(count) } else if errno != EINTR { return }  // Nobody reads it.
        }
    }
}
