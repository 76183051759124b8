/// A message on its way out: JSON bytes, with room for a filler in the middle so that a text of a gigabyte need not be
/// in memory.
struct OutgoingMessage: Sendable {
    /// The filler's byte, which JSON strings hold as it is.
    static let filler = UInt8(ascii: "x")

    var head: [UInt8]
    var fillerBytes = 0
    var tail: [UInt8] = []
    /// Of an HTTP response that is nothing but this message.
    var status = 200

    init(_ bytes: [UInt8]) { head = bytes }

    init(head: [UInt8], fillerBytes: Int, tail: [UInt8]) {
        self.head = head
        self.fillerBytes = fillerBytes
        self.tail = tail
    }

    var byteCount: Int { head.count + fillerBytes + tail.count }
}
