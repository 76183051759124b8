/// Fields whose value is a comma-separated list, possibly spread over several fields (RFC 9110, section 5.6.1).
extension HTTPHeaders {
    /// Whether a list such as `Connection` has this token, without regard to case. Parameters (`;…`) do not count.
    package func containsToken(_ token: String, in name: String) -> Bool {
        var found = false
        forEachListElement(of: name) { range in
            found = equalsIgnoringCase(beforeParameters(range), token)
            return !found
        }
        return found
    }

    /// The elements of a list, each with its parameters, without the white space around them. Empty ones are left out.
    package func listElements(_ name: String) -> [String] {
        var elements: [String] = []
        forEachListElement(of: name) { range in
            elements.append(text(range))
            return true
        }
        return elements
    }

    /// Whether `Accept` allows an answer of this media type, given as `type/subtype`.
    ///
    /// Without an `Accept` field everything is allowed (RFC 9110, section 12.5.1). `q=0` forbids.
    package func acceptsMediaType(_ mediaType: String) -> Bool {
        !contains("Accept") || mediaTypeQuality(mediaType) > 0
    }

    /// Whether `Accept` names this media type itself, not only through a wildcard, and does not forbid it.
    package func listsMediaType(_ mediaType: String) -> Bool {
        var quality = 0
        forEachListElement(of: "Accept") { range in
            if equalsIgnoringCase(beforeParameters(range), mediaType) { quality = Swift.max(quality, weight(range)) }
            return true
        }
        return quality > 0
    }

    /// The weight `Accept` gives to a media type, in thousandths: the most specific range that matches decides.
    /// 0 if no range matches, or if there is no `Accept`.
    package func mediaTypeQuality(_ mediaType: String) -> Int {
        guard let slash = mediaType.utf8.firstIndex(of: UInt8(ascii: "/")) else { return 0 }
        let anySubtype = String(mediaType[..<slash]) + "/*"
        var quality = 0
        var bestPrecision = 0
        forEachListElement(of: "Accept") { range in
            let mediaRange = beforeParameters(range)
            let precision =
                if equalsIgnoringCase(mediaRange, mediaType) {
                    3
                } else if equalsIgnoringCase(mediaRange, anySubtype) {
                    2
                } else if equalsIgnoringCase(mediaRange, "*/*") {
                    1
                } else {
                    0
                }
            guard precision > 0, precision >= bestPrecision else { return true }
            let weight = weight(range)
            quality = precision > bestPrecision ? weight : Swift.max(quality, weight)
            bestPrecision = precision
            return true
        }
        return quality
    }

    /// Calls `body` with each element's place in `bytes`, until it returns `false`. Commas in quoted strings do not
    /// separate.
    func forEachListElement(of name: String, _ body: (Range<Int>) -> Bool) {
        for location in locations where equalsIgnoringCase(location.name, name) {
            var start = location.value.lowerBound
            let end = location.value.upperBound
            while start < end {
                let stop = endOfElement(from: start, to: end, separator: UInt8(ascii: ","))
                let element = trimmed(start..<stop)
                if !element.isEmpty, !body(element) { return }
                start = stop + 1
            }
        }
    }

    private func endOfElement(from start: Int, to end: Int, separator: UInt8) -> Int {
        var index = start
        var isQuoted = false
        while index < end {
            let byte = bytes[index]
            if isQuoted {
                if byte == UInt8(ascii: "\\") { index += 1 }
                if byte == UInt8(ascii: "\"") { isQuoted = false }
            } else if byte == separator {
                return index
            } else if byte == UInt8(ascii: "\"") {
                isQuoted = true
            }
            index += 1
        }
        return end
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, bytes[start].isBlank { start += 1 }
        while end > start, bytes[end - 1].isBlank { end -= 1 }
        return start..<end
    }

    private func beforeParameters(_ range: Range<Int>) -> Range<Int> {
        let end = endOfElement(from: range.lowerBound, to: range.upperBound, separator: UInt8(ascii: ";"))
        return trimmed(range.lowerBound..<end)
    }

    /// The `q` parameter in thousandths; 1000 without one, 0 if it is not a number.
    private func weight(_ range: Range<Int>) -> Int {
        var start = endOfElement(from: range.lowerBound, to: range.upperBound, separator: UInt8(ascii: ";")) + 1
        while start < range.upperBound {
            let end = endOfElement(from: start, to: range.upperBound, separator: UInt8(ascii: ";"))
            let parameter = trimmed(start..<end)
            if parameter.count >= 2, bytes[parameter.lowerBound].asciiLowercased == UInt8(ascii: "q"),
                bytes[parameter.lowerBound + 1] == UInt8(ascii: "=")
            {
                return thousandths(parameter.dropFirst(2))
            }
            start = end + 1
        }
        return 1000
    }

    private func thousandths(_ range: Range<Int>) -> Int {
        var value = 0
        var scale = 0
        for (position, index) in range.enumerated() {
            let byte = bytes[index]
            if position == 1 {
                guard byte == UInt8(ascii: ".") else { return 0 }
                scale = 100
            } else {
                guard byte.isDigit, position < 5 else { return 0 }
                let digit = Int(byte - UInt8(ascii: "0"))
                if position == 0 { value = digit * 1000 } else { value += digit * scale }
                if position > 1 { scale /= 10 }
            }
        }
        return Swift.min(value, 1000)
    }
}
