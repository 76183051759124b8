/// Names of headers, variables and parameters whose values are usually secret. Pasted files hold such values in plain
/// text; they are concealed from output although nothing marks them.
package enum SecretNames {
    package static func suggests(_ name: String) -> Bool {
        let words = words(of: name)
        guard let last = words.last, !harmlessEndings.contains(last) else { return false }
        if words.contains(where: secretWords.contains) { return true }
        return last == "key" && words.count > 1 || last.hasSuffix("apikey") || last.hasSuffix("password")
            || last.hasSuffix("token")
    }

    /// Numbers and switches are not secrets, whatever they are called; nor is what is too short to be one.
    package static func couldBeSecret(_ value: String) -> Bool {
        value.utf8.count >= 8 && Double(value) == nil
    }

    private static let secretWords: Set<String> = [
        "token", "secret", "password", "passwd", "passphrase", "credential", "credentials", "apikey", "pat",
        "authorization", "cookie",
    ]

    /// These name where a secret is, or something about it.
    private static let harmlessEndings: Set<String> = [
        "path", "file", "dir", "url", "uri", "name", "id", "type", "limit", "count", "length", "ttl", "timeout",
        "endpoint",
    ]

    /// `GITHUB_TOKEN`, `X-Api-Key`, `apiKey` → their words in lower case.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var previousWasLower = false
        for character in name {
            let isSeparator = !(character.isLetter || character.isNumber)
            if isSeparator || (character.isUppercase && previousWasLower), !word.isEmpty {
                words.append(word)
                word = ""
            }
            if !isSeparator { word += character.lowercased() }
            previousWasLower = character.isLowercase
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
