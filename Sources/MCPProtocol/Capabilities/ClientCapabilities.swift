/// What a client declared that it can be asked: MCP 2025-11-25, Lifecycle, "Capability Negotiation"; MCP 2026-07-28, Base
/// Protocol, "`_meta`".
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

    /// It handles tasks of the extension ``TasksExtension``, which is not among ``extensions`` then: whoever speaks for the
    /// client declares it if it handles them.
    package let tasks: Bool

    /// What the gateway declares to a server when it speaks for this client, an object: ``encode(for:runningTasks:)`` for
    /// 2025-11-25, which is what the gateway offers to servers.
    package private(set) var forUpstream: RawJSON
    /// The same for a request to a server of 2026-07-28, with the tasks that the client itself handles.
    package private(set) var forModernUpstream: RawJSON

    /// The form is declared by name, not by an elicitation of `{}`.
    private let namesForm: Bool

    /// - Parameters:
    ///   - declared: the `capabilities` of `initialize`, or of a request's `_meta`. What is not an object in there is not
    ///     declared.
    ///   - revision: the one agreed upon, or of the request: what it does not have does not count.
    package init(_ declared: RawJSON, revision: ProtocolRevision) {
        func object(_ name: String, of value: RawJSON? = declared) -> RawJSON? {
            value?.member(name).flatMap { $0.kind == .object ? $0 : nil }
        }
        let roots = object("roots")
        self.roots = roots != nil
        // Nobody could tell: from 2026-07-28 on clients send no such notification.
        rootsListChanged = revision.isLegacy && roots?.member("listChanged")?.boolValue ?? false

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
        namesForm = form != nil

        experimental = object("experimental")?.detached()
        let extensions = object("extensions")
        tasks = revision.hasExtensions && object(TasksExtension.id, of: extensions) != nil
        self.extensions = extensions?.withoutTasks?.detached()
        forUpstream = .emptyObject
        forModernUpstream = .emptyObject
        forUpstream = encode(for: .latestLegacy)
        forModernUpstream = encode(for: .v2026_07_28, runningTasks: tasks)
    }

    /// What is declared to a server of `revision` by who speaks for this client, an object: the `capabilities` of
    /// `initialize`, or those in the `_meta` of a request of 2026-07-28. What either revision cannot express is not in it.
    ///
    /// Never `tasks`, by which a server could make tasks out of questions. The same declaration gives the same bytes.
    ///
    /// - Parameter runningTasks: who speaks for the client handles tasks of the extension, see ``TasksExtension``.
    package func encode(for revision: ProtocolRevision, runningTasks: Bool = false) -> RawJSON {
        var writer = JSONWriter()
        writer.beginObject()
        writer.flags("roots", roots, ["listChanged": rootsListChanged && revision.isLegacy], as: "true")
        let hasTools = revision.hasSamplingTools
        writer.flags(
            "sampling", sampling, ["tools": samplingTools && hasTools, "context": samplingContext && hasTools])
        if revision.hasURLElicitation {
            writer.flags(
                "elicitation", elicitationForm || elicitationURL, ["form": namesForm, "url": elicitationURL])
        } else {
            writer.flags("elicitation", elicitationForm && revision.hasElicitation)
        }
        if let experimental {
            writer.key("experimental")
            writer.raw(experimental)
        }
        let withTasks = runningTasks && revision.hasExtensions
        if extensions != nil || withTasks {
            let own: [(name: String, value: [UInt8]?)] = withTasks ? [(TasksExtension.id, Array("{}".utf8))] : []
            writer.key("extensions")
            writer.raw((extensions ?? .emptyObject).replacingMembers(own))
        }
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }

    /// Whether a server has anything to ask this client.
    package var canBeAsked: Bool { roots || sampling || elicitationForm || elicitationURL }

    /// Equal for clients that cannot be told apart by what they declared.
    package var fingerprint: String { tasks ? "\(forUpstream.text) \(TasksExtension.id)" : forUpstream.text }
}

extension RawJSON {
    /// These extensions without that of tasks; `nil` if there are no others, but were with it.
    fileprivate var withoutTasks: RawJSON? {
        var editor = ObjectEditor(self, [TasksExtension.id])
        guard editor.hasAny else { return self }
        guard editor.hasOthers else { return nil }
        editor.remove(0)
        return editor.finish()
    }
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
