extension StringProtocol {
    /// At most 80 characters on one line, for messages: control characters are escaped, the rest is cut.
    package var shortened: String {
        var shown = ""
        var count = 0
        for scalar in unicodeScalars {
            if count == 80 { return shown + "…" }
            count += 1
            if scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}" {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
