/// Status and header fields of an answer.
///
/// How the body is framed, whether the connection goes on, and the date are not the answer's business: the writer sets
/// `Content-Length`, `Transfer-Encoding`, `Connection`, `Keep-Alive` and `Date` itself and leaves out those in `headers`.
package struct HTTPResponseHead: Sendable {
    /// How the client finds the end of the body.
    package enum Framing: Sendable, Hashable {
        /// No field at all: answers of 1xx, 204 and 304, and bodies that end with the connection.
        case none
        case length(Int)
        case chunked
    }

    /// What to say about the connection.
    package enum Connection: Sendable, Hashable {
        /// Nothing: what the version means by itself.
        case implied
        case keepAlive
        case close
    }

    package var status: HTTPStatus
    package var headers: HTTPHeaders

    package init(_ status: HTTPStatus, headers: HTTPHeaders = HTTPHeaders()) {
        self.status = status
        self.headers = headers
    }

    /// Appends the head as it goes over the wire, the empty line included. The version is always HTTP/1.1, as
    /// RFC 9110, section 2.5, wants it of a server that speaks 1.1, also to a client of 1.0.
    ///
    /// - Parameter date: the value of `Date`, as ``HTTPDate`` writes it; empty for none.
    package func encode(
        into bytes: inout [UInt8], framing: Framing, connection: Connection, date: [UInt8]
    ) {
        Self.append("HTTP/1.1 ", to: &bytes)
        Self.append(decimal: status.rawValue, to: &bytes)
        bytes.append(.space)
        var reason = status.reason
        reason.withUTF8 { bytes.append(contentsOf: $0) }
        Self.appendLineEnd(to: &bytes)
        for location in headers.locations where !isOwnedByWriter(location) {
            bytes.append(contentsOf: headers.bytes[location.name])
            bytes.append(UInt8(ascii: ":"))
            bytes.append(.space)
            bytes.append(contentsOf: headers.bytes[location.value])
            Self.appendLineEnd(to: &bytes)
        }
        if !date.isEmpty {
            Self.append("Date: ", to: &bytes)
            bytes.append(contentsOf: date)
            Self.appendLineEnd(to: &bytes)
        }
        switch framing {
        case .none: break
        case .length(let count):
            Self.append("Content-Length: ", to: &bytes)
            Self.append(decimal: count, to: &bytes)
            Self.appendLineEnd(to: &bytes)
        case .chunked: Self.append("Transfer-Encoding: chunked\r\n", to: &bytes)
        }
        switch connection {
        case .implied: break
        case .keepAlive: Self.append("Connection: keep-alive\r\n", to: &bytes)
        case .close: Self.append("Connection: close\r\n", to: &bytes)
        }
        Self.appendLineEnd(to: &bytes)
    }

    private func isOwnedByWriter(_ location: HTTPHeaders.Location) -> Bool {
        switch location.nameCount {
        case 4: headers.equalsIgnoringCase(location.name, "date")
        case 10:
            headers.equalsIgnoringCase(location.name, "connection")
                || headers.equalsIgnoringCase(location.name, "keep-alive")
        case 14: headers.equalsIgnoringCase(location.name, "content-length")
        case 17: headers.equalsIgnoringCase(location.name, "transfer-encoding")
        default: false
        }
    }

    private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private static func appendLineEnd(to bytes: inout [UInt8]) {
        bytes.append(.carriageReturn)
        bytes.append(.lineFeed)
    }

    private static func append(decimal value: Int, to bytes: inout [UInt8]) {
        if value >= 0, value < 10 {
            bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
            return
        }
        var divisor = 1
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            divisor *= 10
        }
        rest = value.magnitude
        while divisor > 0 {
            let digit = rest / UInt(divisor)
            bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit))
            rest -= digit * UInt(divisor)
            divisor /= 10
        }
    }
}
