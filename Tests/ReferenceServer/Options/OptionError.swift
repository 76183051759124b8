/// A command line that cannot be obeyed, in one sentence.
struct OptionError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
