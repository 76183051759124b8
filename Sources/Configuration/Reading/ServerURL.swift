/// The check of an upstream's URL: what would make a request fail later, or go somewhere else than meant.
package enum ServerURL {
    /// What is wrong with a URL, to be put after it; `nil` when nothing is.
    package static func problem(with text: String) -> String? {
        guard let scheme = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false).first,
            scheme.utf8.count + "://".utf8.count <= text.utf8.count
        else { return "is not a URL; write it like https://host/mcp" }
        guard ["http", "https"].contains(scheme.lowercased()) else {
            return "has the scheme \"\(scheme.shortened)\"; only http and https are spoken"
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "contains a space, a control character or a character outside ASCII; write it percent-encoded"
        }
        let rest = text.dropFirst(scheme.count + "://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let address = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        if rest.contains("#") { return "has a fragment (#…), which is never sent to a server; remove it" }
        return problem(withAddress: address)
    }

    private static func problem(withAddress address: Substring) -> String? {
        let host: Substring
        var port: Substring?
        if address.hasPrefix("[") {
            guard let close = address.firstIndex(of: "]") else { return "has a \"[\" without \"]\" in its host" }
            host = address[...close]
            let after = address[address.index(after: close)...]
            guard after.isEmpty || after.hasPrefix(":") else { return "has text between its host and its port" }
            port = after.isEmpty ? nil : after.dropFirst()
            guard host.contains(":") else { return "has no IPv6 address between its brackets" }
        } else {
            let parts = address.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts.first ?? ""
            port = parts.count > 1 ? parts[1] : nil
        }
        if host.isEmpty { return "has no host" }
        if let port, !port.isEmpty {
            guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let number = UInt16(port), number > 0
            else { return "has the port \"\(port.shortened)\", which is not a number from 1 to 65535" }
        }
        return nil
    }
}
