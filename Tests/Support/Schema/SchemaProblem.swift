/// One way in which a value is not what a schema asks for.
struct SchemaProblem: Hashable, CustomStringConvertible {
    /// Where in the value: `$.result.content[0].text`.
    let path: String
    let reason: String
    /// Whether a constant did not match: the value is then of another kind than this schema describes, and what else is
    /// wrong with it by this schema says little.
    var isOtherKind = false

    var description: String { "\(path): \(reason)" }
}
