/// One `name=value` of a query, decoded. A name without `=` has an empty value.
package struct HTTPQueryItem: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
