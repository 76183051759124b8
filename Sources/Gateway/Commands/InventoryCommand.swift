import MCPProtocol

/// `mcp-gateway tools`, `resources`, `prompts`: what the servers of a running gateway have.
struct InventoryCommand {
    private let inventory: Inventory
    private let options: ClientOptions
    private let server: String?
    private let query: String?

    init(_ inventory: Inventory, _ arguments: inout Arguments) throws(UsageError) {
        self.inventory = inventory
        options = try ClientOptions(&arguments, timeout: ServersCommand.timeout)
        server = try arguments.takeValue("--server")
        query = arguments.takeOperand()
        try arguments.finish()
    }

    func run() throws -> Int32 {
        let path = path
        let answer = try GatewayClient.run(options) { try await $0.get(path) }
        if options.printsJSON {
            try StandardStream.output.write(Array((JSONValue(answer).prettyPrinted() + "\n").utf8))
            return 0
        }
        let table = inventory.table(of: answer)
        if table.rows.isEmpty {
            let which = query.map { " match \"\(TerminalText.singleLine($0))\"" } ?? ""
            StandardStream.error.note("no \(inventory.rawValue)\(which)")
        } else {
            try StandardStream.output.write(table.forStandardOutput(options.environment))
        }
        return 0
    }

    private var path: String {
        let items = [("server", server), ("q", query)].compactMap { name, value in
            value.map { "\(name)=\(Self.encoded($0))" }
        }
        return "/v1/\(inventory.rawValue)" + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
    }

    /// A value in a query: everything but RFC 3986's unreserved characters is percent-encoded.
    static func encoded(_ value: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
