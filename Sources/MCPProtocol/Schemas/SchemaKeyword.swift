/// What the value of a keyword of JSON Schema holds: JSON Schema 2020-12, Core, section 10, and Validation.
enum SchemaKeyword {
    /// Data, in which what looks like a keyword is none.
    case data
    /// Schemas by names that are not keywords.
    case schemasByName
    /// A schema, or an array of schemas; also what keywords that are not known hold, if it is an object.
    case schemas

    init(_ key: MemberKey) {
        if key == "const" || key == "enum" || key == "default" || key == "examples" {
            self = .data
        } else if key == "properties" || key == "patternProperties" || key == "$defs" || key == "dependentSchemas"
            || key == "definitions" || key == "dependencies"
        {
            // The last two are of older drafts.
            self = .schemasByName
        } else {
            self = .schemas
        }
    }
}
