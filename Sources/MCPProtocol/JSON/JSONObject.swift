/// The members of a JSON object in the order in which they were written. Equal when the order is equal, too.
package struct JSONObject: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package var members: [Member]

    package init(members: [Member] = []) { self.members = members }

    /// The last member called `name`. Assigning replaces its value in place and drops repetitions, or appends it;
    /// assigning `nil` removes it.
    package subscript(name: String) -> JSONValue? {
        get { members.last { $0.name == name }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.name == name } }
            guard let index = members.lastIndex(where: { $0.name == name }) else {
                return members.append(Member(name: name, value: newValue))
            }
            members[index].value = newValue
            members = members.enumerated().filter { $0.offset == index || $0.element.name != name }.map(\.element)
        }
    }

    package var names: [String] { members.map(\.name) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(members: elements.map { Member(name: $0.0, value: $0.1) })
    }
}
