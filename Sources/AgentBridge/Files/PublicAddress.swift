import AsyncIO
import Glibc

/// Addresses of the public Internet, as opposed to those of this machine, a local network, or nobody in particular
/// (RFC 6890 and the registries of special-purpose addresses that it set up).
enum PublicAddress {
    private struct Network {
        let prefix: [UInt8]
        let bits: Int

        func contains(_ address: [UInt8]) -> Bool {
            (0..<bits).allSatisfy { bit in
                let mask = UInt8(0x80) >> (bit % 8)
                let expected = bit / 8 < prefix.count ? prefix[bit / 8] : 0
                return address[bit / 8] & mask == expected & mask
            }
        }
    }

    static func contains(_ address: SocketAddress) -> Bool {
        guard case .ip(let text, _) = address.kind else { return false }
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return isPublic(v4: withUnsafeBytes(of: v4) { Array($0) }) }
        var v6 = in6_addr()
        // The kernel writes a zone behind a link-local address, which is then no address to this function.
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return false }
        return isPublic(v6: withUnsafeBytes(of: v6) { Array($0) })
    }

    private static func isPublic(v4 address: [UInt8]) -> Bool { !special4.contains { $0.contains(address) } }

    private static func isPublic(v6 address: [UInt8]) -> Bool {
        // ::ffff:a.b.c.d is that IPv4 address.
        if mapped.contains(address) { return isPublic(v4: Array(address[12...])) }
        return unicast.contains(address) && !special6.contains { $0.contains(address) }
    }

    private static let special4 = [
        Network(prefix: [0], bits: 8), Network(prefix: [10], bits: 8), Network(prefix: [100, 64], bits: 10),
        Network(prefix: [127], bits: 8), Network(prefix: [169, 254], bits: 16), Network(prefix: [172, 16], bits: 12),
        Network(prefix: [192, 0, 0], bits: 24), Network(prefix: [192, 0, 2], bits: 24),
        Network(prefix: [192, 88, 99], bits: 24), Network(prefix: [192, 168], bits: 16),
        Network(prefix: [198, 18], bits: 15), Network(prefix: [198, 51, 100], bits: 24),
        Network(prefix: [203, 0, 113], bits: 24), Network(prefix: [224], bits: 4), Network(prefix: [240], bits: 4),
    ]

    private static let mapped = Network(prefix: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], bits: 96)
    private static let unicast = Network(prefix: [0x20], bits: 3)
    /// Within global unicast: protocols' own (Teredo among them), documentation, and 6to4, which hides an IPv4 address.
    private static let special6 = [
        Network(prefix: [0x20, 0x01, 0x00], bits: 23), Network(prefix: [0x20, 0x01, 0x0D, 0xB8], bits: 32),
        Network(prefix: [0x20, 0x02], bits: 16), Network(prefix: [0x3F, 0xFF], bits: 20),
    ]
}
