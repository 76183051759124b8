extension HTTPHeaders {
    /// Whether `Content-Type` names this media type, parameters aside. Without the field it names none.
    ///
    /// - Parameter mediaType: in lower case.
    package func hasContentType(_ mediaType: StaticString) -> Bool {
        guard let value = firstBytes("Content-Type") else { return false }
        return mediaType.withUTF8Buffer { mediaType in
            guard value.count >= mediaType.count else { return false }
            var index = value.startIndex
            for byte in mediaType {
                let given = value[index]
                guard given == byte || (0x41...0x5A).contains(given) && given | 0x20 == byte else { return false }
                index += 1
            }
            for byte in value[index...] {
                if byte == UInt8(ascii: ";") { return true }
                guard byte == .space || byte == 0x09 else { return false }
            }
            return true
        }
    }
}
