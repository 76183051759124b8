/// What a peer may send before its message is refused.
package struct HTTPParserLimits: Sendable, Hashable {
    /// Bytes of a message's head: first line, fields and the empty line.
    package var maxHeaderBytes: Int
    /// Fields of a head, and of a chunked body's trailer.
    package var maxHeaderCount: Int
    /// Bytes of a request's target.
    package var maxTargetBytes: Int
    /// Bytes of chunk extensions in one body. Nothing uses them; a peer that fills a body with them is refused.
    package var maxChunkExtensionBytes: Int
    /// Bytes of the trailer behind a chunked body.
    package var maxTrailerBytes: Int

    package init(
        maxHeaderBytes: Int = 32 << 10, maxHeaderCount: Int = 128, maxTargetBytes: Int = 8 << 10,
        maxChunkExtensionBytes: Int = 4 << 10, maxTrailerBytes: Int = 8 << 10
    ) {
        // Offsets into a head are kept in 32 bits.
        self.maxHeaderBytes = min(max(maxHeaderBytes, 0), 1 << 30)
        self.maxHeaderCount = maxHeaderCount
        self.maxTargetBytes = maxTargetBytes
        self.maxChunkExtensionBytes = maxChunkExtensionBytes
        self.maxTrailerBytes = maxTrailerBytes
    }
}
