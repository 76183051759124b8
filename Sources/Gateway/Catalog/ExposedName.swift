/// How the name of a tool or prompt becomes the name a client sees.
///
/// `{prefix}{separator}{name}`, or the name alone where one server is configured. A name that would be too long keeps
/// its beginning and ends with a hash of the whole, so the same tool has the same name on every start and whatever
/// else is configured.
struct ExposedName {
    let naming: NamingConfiguration
    let usesPrefixes: Bool

    init(_ configuration: GatewayConfiguration) {
        naming = configuration.naming
        usesPrefixes = configuration.usesPrefixes
    }

    func make(prefix: String, name: String) -> String {
        let full = usesPrefixes && !prefix.isEmpty ? prefix + naming.separator + name : name
        return full.count <= naming.maxLength ? full : shorten(full, hashing: full)
    }

    /// The name of one whose first choice belongs to another already.
    func makeDistinct(_ taken: String, server: String, name: String) -> String {
        shorten(taken, hashing: "\(server)\u{0}\(name)")
    }

    private func shorten(_ text: String, hashing whole: String) -> String {
        let suffix = "_" + Self.hash(whole)
        return String(text.prefix(max(0, naming.maxLength - suffix.count))) + suffix
    }

    /// Eight characters of an FNV-1a hash: tells names apart, promises nothing else.
    private static func hash(_ text: String) -> String {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        return String((0..<8).map { alphabet[Int(value >> (UInt64($0) * 5) & 31)] })
    }
}
