/// Which of the open containers are arrays, innermost last.
struct ContainerStack {
    private(set) var depth = 0
    /// The innermost up to 64 levels, one bit each (1 = array), the innermost lowest.
    private var bits: UInt64 = 0
    /// Full words of the levels further out; stays empty, and unallocated, for ordinary texts.
    private var outer: [UInt64] = []

    @inline(__always)
    var innermostIsArray: Bool { bits & 1 == 1 }

    @inline(__always)
    mutating func push(isArray: Bool) {
        if depth > 0, depth & 63 == 0 { outer.append(bits) }
        bits = bits << 1 | (isArray ? 1 : 0)
        depth &+= 1
    }

    /// - Precondition: `depth > 0`.
    @inline(__always)
    mutating func pop() {
        bits >>= 1
        depth &-= 1
        if depth > 0, depth & 63 == 0 { bits = outer.removeLast() }
    }
}
