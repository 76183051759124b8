import MCPProtocol

/// The prompts.
@LoopActor
final class PromptCatalogue {
    private let pages: PageCutter
    private var listsChanging = false
    private var extra: [Prompt] = []

    init(pages: PageCutter) { self.pages = pages }

    private func listed(for revision: ProtocolRevision) -> [Prompt] {
        (Prompt.builtIn + extra + (listsChanging ? [Prompt.changing] : [])).filter { $0.since <= revision }
    }

    /// - Returns: whether the prompt is listed now.
    func toggleChanging() -> Bool {
        listsChanging.toggle()
        return listsChanging
    }

    /// Lists that many prompts beside the built-in ones.
    func setExtra(_ count: Int) { extra = (0..<count).map(Prompt.extra) }

    /// The prompt of this name, if a client of this revision can see it.
    func prompt(named name: String, for revision: ProtocolRevision) -> Prompt? {
        listed(for: revision).first { $0.name == name }
    }

    /// The result of `prompts/list`, as JSON.
    func page(at cursor: String?, for revision: ProtocolRevision) throws(PageCutter.UnknownCursor) -> [UInt8] {
        let listed = self.listed(for: revision)
        let page = try pages.page(at: cursor, of: listed.count)
        return ListWriter.write(.prompts, listed[page.items], nextCursor: page.nextCursor) { prompt, writer in
            prompt.write(to: &writer, for: revision)
        }
    }
}
