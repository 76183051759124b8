/// Small binary contents, in Base64.
enum Sample {
    /// One orange pixel.
    static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4n8YAAAPNAWb9kSz2AAAAAElFTkSuQmCC"

    /// A millisecond of silence: 8 kHz, 8 bits, mono.
    static let wav =
        "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA=="
}
