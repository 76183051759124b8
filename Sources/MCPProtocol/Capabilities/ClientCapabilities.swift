/// What a client declared that it can be asked: MCP 2025-11-25, Lifecycle, "Capability Negotiation".
package struct ClientCapabilities: Equatable, Sendable {
    package static let none = ClientCapabilities(.emptyObject, revision: .latestLegacy)

    /// `roots/list` may be sent.
    package let roots: Bool
    /// The client tells when its roots change.
    package let rootsListChanged: Bool
    /// `sampling/createMessage` may be sent.
    package let sampling: Bool
    /// It may have tools in it, and what goes with them: content in arrays.
    package let samplingTools: Bool
    /// It may ask for the context of other servers.
    package let samplingContext: Bool
    /// `elicitation/create` may show a form.
    package let elicitationForm: Bool
    /// `elicitation/create` may send the user to a URL.
    package let elicitationURL: Bool
    /// As declared, an object.
    package let experimental: RawJSON?
    /// As declared, an object: ids of extensions and their settings. Not in the legacy revisions' schemas, but used with
    /// them all the same.
    package let extensions: RawJSON?

    /// The client knows tasks of the extension (``TasksExtension``).
    package let tasks: Bool

    /// What the gateway declares to a server when it speaks for this client, an object. In the form of 2025-11-25, which
    /// is what the gateway offers to servers; what the client's own revision cannot express is not in it.
    ///
    /// Never `tasks`: a server is not to make tasks out of questions. The same declaration gives the same bytes.
    package let forUpstream: RawJSON

    /// - Parameters:
    ///   - declared: the `capabilities` of `initialize`. What is not an object in there is not declared.
    ///   - revision: the one agreed upon: what it does not have does not count.
    package init(_ declared: RawJSON, revision: ProtocolRevision) {
        func object(_ name: String, of value: RawJSON? = declared) -> RawJSON? {
            value?.member(name).flatMap { $0.kind == .object ? $0 : nil }
        }
        let roots = object("roots")
        self.roots = roots != nil
        rootsListChanged = roots?.member("listChanged")?.boolValue ?? false

        let sampling = object("sampling")
        self.sampling = sampling != nil
        samplingTools = revision.hasSamplingTools && object("tools", of: sampling) != nil
        samplingContext = revision.hasSamplingTools && object("context", of: sampling) != nil

        let elicitation = revision.hasElicitation ? object("elicitation") : nil
        let form = revision.hasURLElicitation ? object("form", of: elicitation) : nil
        let url = revision.hasURLElicitation ? object("url", of: elicitation) : nil
        // `{}` means a form, in every revision.
        elicitationForm = elicitation != nil && (form != nil || url == nil)
        elicitationURL = url != nil

        experimental = object("experimental")?.detached()
        let extensions = object("extensions")?.detached()
        // Where tasks belong to the core, or are not known at all, nobody can mean the extension.
        self.extensions = revision.isModern ? extensions : extensions?.replacing([([TasksExtension.id], nil)])
        tasks = revision.isModern && TasksExtension.isDeclared(in: declared)
        var writer = JSONWriter()
        writer.beginObject()
        writer.flags("roots", roots != nil, ["listChanged": rootsListChanged], as: "true")
        writer.flags("sampling", sampling != nil, ["tools": samplingTools, "context": samplingContext], as: "{}")
        writer.flags("elicitation", elicitation != nil, ["form": form != nil, "url": url != nil], as: "{}")
        for (name, value) in [("experimental", experimental), ("extensions", self.extensions)] {
            guard let value else { continue }
            writer.key(name)
            writer.raw(value)
        }
        writer.endObject()
        forUpstream = RawJSON(unchecked: writer.finish()[...])
    }

    /// Whether a server has anything to ask this client.
    package var canBeAsked: Bool { roots || sampling || elicitationForm || elicitationURL }

    /// Equal for clients that servers cannot tell apart by what they declared.
    package var fingerprint: String { forUpstream.text }
}

extension JSONWriter {
    /// A capability and, inside it, those of its parts that are there, each written as `mark`; nothing when it is not
    /// declared.
    mutating func flags(
        _ name: String, _ isDeclared: Bool, _ parts: KeyValuePairs<String, Bool> = [:], as mark: String = "{}"
    ) {
        guard isDeclared else { return }
        key(name)
        beginObject()
        for (part, isThere) in parts where isThere {
            key(part)
            raw(Array(mark.utf8))
        }
        endObject()
    }
}
