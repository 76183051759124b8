/// Decompresses what was compressed as DEFLATE (RFC 1951), from bytes cut anywhere.
struct Inflater: Sendable {
    enum Failure: Error, Equatable {
        case malformed
    }

    /// Codes by length (RFC 1951, section 3.2.2).
    private struct HuffmanCode {
        static let maxLength = 15

        var counts = [UInt16](repeating: 0, count: maxLength + 1)
        var symbols: [UInt16] = []

        /// - Parameter lengths: of each symbol's code; 0: it has none.
        init(_ lengths: some Collection<UInt8>) throws(Failure) {
            for length in lengths { counts[Int(length)] += 1 }
            counts[0] = 0
            // More codes than there is room for would be ambiguous.
            var room = 1
            for length in 1...Self.maxLength {
                room = room * 2 - Int(counts[length])
                guard room >= 0 else { throw .malformed }
            }
            var offsets = [Int](repeating: 0, count: Self.maxLength + 2)
            for length in 1...Self.maxLength { offsets[length + 1] = offsets[length] + Int(counts[length]) }
            symbols = [UInt16](repeating: 0, count: offsets[Self.maxLength + 1])
            for (symbol, length) in lengths.enumerated() where length > 0 {
                symbols[offsets[Int(length)]] = UInt16(symbol)
                offsets[Int(length)] += 1
            }
        }
    }

    private enum State {
        case block
        case stored(left: Int)
        case compressed(literals: HuffmanCode, distances: HuffmanCode)
        case done
    }

    /// Thrown to wait for more, with everything as it was before the piece that is not complete.
    private struct NeedsMore: Error {}

    private static let windowBytes = 32 << 10

    private var input: [UInt8] = []
    private var position = 0
    /// Bits of the byte at `position` that are used up.
    private var usedBits = 0
    private var state = State.block
    private var isLastBlock = false
    /// Decompressed, the window before `emitted` included.
    private var output: [UInt8] = []
    private var emitted = 0

    var isDone: Bool { if case .done = state { true } else { false } }

    /// What came behind the compressed data.
    var rest: ArraySlice<UInt8> { input[(position + (usedBits > 0 ? 1 : 0))...] }

    /// - Parameter limit: of bytes to return for these.
    /// - Returns: what can be decompressed so far.
    /// - Throws: ``Failure/malformed``, for more than `limit` bytes, too.
    mutating func inflate(_ bytes: some Collection<UInt8>, limit: Int) throws(Failure) -> [UInt8] {
        input.removeFirst(position)
        position = 0
        input += bytes
        let before = output.count
        while !isDone {
            let (oldPosition, oldBits) = (position, usedBits)
            do {
                try step()
            } catch is NeedsMore {
                (position, usedBits) = (oldPosition, oldBits)
                break
            } catch {
                throw .malformed
            }
            guard output.count - before <= limit else { throw .malformed }
        }
        let fresh = Array(output[emitted...])
        if output.count > 4 * Self.windowBytes { output.removeFirst(output.count - Self.windowBytes) }
        emitted = output.count
        return fresh
    }

    private mutating func step() throws {
        switch state {
        case .block:
            if isLastBlock { return state = .done }
            let isLast = try bits(1) == 1
            switch try bits(2) {
            case 0: state = .stored(left: try storedLength())
            case 1: state = .compressed(literals: Self.fixedLiterals, distances: Self.fixedDistances)
            case 2:
                let (literals, distances) = try dynamicCodes()
                state = .compressed(literals: literals, distances: distances)
            default: throw Failure.malformed
            }
            isLastBlock = isLast
        case .stored(let left):
            guard left > 0 else { return state = .block }
            let count = min(left, input.count - position)
            guard count > 0 else { throw NeedsMore() }
            output += input[position..<position + count]
            position += count
            state = .stored(left: left - count)
        case .compressed(let literals, let distances):
            let symbol = try self.symbol(literals)
            switch symbol {
            case 0...255: output.append(UInt8(symbol))
            case 256: state = .block
            case 257...285: try copy(Int(symbol) - 257, distances)
            default: throw Failure.malformed
            }
        case .done: break
        }
    }

    // MARK: Pieces

    private mutating func bits(_ count: Int) throws(NeedsMore) -> Int {
        var value = 0
        for place in 0..<count {
            guard position < input.count else { throw NeedsMore() }
            value |= Int(input[position] >> usedBits & 1) << place
            usedBits += 1
            if usedBits == 8 {
                usedBits = 0
                position += 1
            }
        }
        return value
    }

    private mutating func symbol(_ code: borrowing HuffmanCode) throws -> UInt16 {
        var value = 0
        var first = 0
        var index = 0
        for length in 1...HuffmanCode.maxLength {
            value |= try bits(1)
            let count = Int(code.counts[length])
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Failure.malformed
    }

    private mutating func storedLength() throws -> Int {
        if usedBits > 0 {
            usedBits = 0
            position += 1
        }
        let length = try bits(16)
        guard try bits(16) == ~length & 0xFFFF else { throw Failure.malformed }
        return length
    }

    private mutating func copy(_ index: Int, _ distances: HuffmanCode) throws {
        let length = Int(Self.lengthBases[index]) + (try bits(Int(Self.lengthBits[index])))
        let symbol = Int(try self.symbol(distances))
        guard symbol < Self.distanceBases.count else { throw Failure.malformed }
        let distance = Int(Self.distanceBases[symbol]) + (try bits(max(0, symbol / 2 - 1)))
        guard distance <= output.count else { throw Failure.malformed }
        // Byte by byte: the copy may read what it has just written.
        for _ in 0..<length { output.append(output[output.count - distance]) }
    }

    private mutating func dynamicCodes() throws -> (HuffmanCode, HuffmanCode) {
        let literalCount = try bits(5) + 257
        let distanceCount = try bits(5) + 1
        let lengthCount = try bits(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else { throw Failure.malformed }
        var codeLengths = [UInt8](repeating: 0, count: 19)
        for place in Self.lengthOrder.prefix(lengthCount) { codeLengths[place] = UInt8(try bits(3)) }
        let code = try HuffmanCode(codeLengths)
        var lengths: [UInt8] = []
        while lengths.count < literalCount + distanceCount {
            switch try symbol(code) {
            case let length where length < 16: lengths.append(UInt8(length))
            case 16:
                guard let last = lengths.last else { throw Failure.malformed }
                lengths += [UInt8](repeating: last, count: try bits(2) + 3)
            case 17: lengths += [UInt8](repeating: 0, count: try bits(3) + 3)
            default: lengths += [UInt8](repeating: 0, count: try bits(7) + 11)
            }
        }
        guard lengths.count == literalCount + distanceCount, lengths[256] > 0 else { throw Failure.malformed }
        return (try HuffmanCode(lengths[..<literalCount]), try HuffmanCode(lengths[literalCount...]))
    }

    // MARK: Tables (RFC 1951, sections 3.2.5 to 3.2.7)

    private static let lengthBases: [UInt16] = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits: [UInt8] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases: [UInt16] = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private static let fixedLiterals = fixed(
        [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112) + [UInt8](repeating: 7, count: 24)
            + [UInt8](repeating: 8, count: 8))
    private static let fixedDistances = fixed([UInt8](repeating: 5, count: 30))

    private static func fixed(_ lengths: [UInt8]) -> HuffmanCode {
        do throws(Failure) {
            return try HuffmanCode(lengths)
        } catch {
            preconditionFailure("the fixed codes are the standard's own")
        }
    }
}
