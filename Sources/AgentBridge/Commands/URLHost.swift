/// The host that a URL leads to, for a person to judge: the one thing in it that others cannot make up.
enum URLHost {
    /// `host: example.org`, and what could deceive about it.
    static func description(of url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return "host: none" }
        // Browsers take a backslash for a slash.
        let authority = url[scheme.upperBound...].prefix { !"/\\?#".contains($0) }
        var host = authority
        var remarks: [String] = []
        if let at = authority.lastIndex(of: "@") {
            host = authority[authority.index(after: at)...]
            remarks.append("what stands before \"@\" is a user name, not the host")
        }
        if !host.utf8.allSatisfy({ $0 < 0x80 }) {
            remarks.append("it has letters that may look like others")
        } else if host.lowercased().split(separator: ".").contains(where: { $0.hasPrefix("xn--") }) {
            remarks.append("it is an encoded name, whose letters may look like others")
        }
        if url[..<scheme.lowerBound].lowercased() != "https" { remarks.append("it is not encrypted") }
        let shown = host.isEmpty ? "none" : String(host)
        return "host: \(shown)" + (remarks.isEmpty ? "" : " (\(remarks.joined(separator: "; ")))")
    }
}
