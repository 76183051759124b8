/// What is sent, how often, and by how many.
struct LoadOptions: Sendable {
    var url = ""
    var body = Array(#"{"model":"agent","stream":true,"messages":[{"role":"user","content":"Go."}]}"#.utf8)
    var users = 1
    var requests = 1
    /// One is enough for a machine of few cores: what the load takes is missing elsewhere.
    var loops = 1
    /// For a whole answer.
    var timeout = Duration.seconds(120)

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    mutating func set(_ name: String, to value: String) throws(Malformed) {
        switch name {
        case "--url": url = value
        case "--body": body = Array(value.utf8)
        case "--users": users = try Self.count(name, value)
        case "--requests": requests = try Self.count(name, value)
        case "--loops": loops = try Self.count(name, value)
        case "--timeout": timeout = .seconds(try Self.count(name, value))
        default: throw Malformed(description: "unknown option \(name)")
        }
    }

    private static func count(_ name: String, _ value: String) throws(Malformed) -> Int {
        guard let count = Int(value), 1...1_000_000 ~= count else {
            throw Malformed(description: "\(name) \(value) is no number from 1 to 1000000")
        }
        return count
    }
}
