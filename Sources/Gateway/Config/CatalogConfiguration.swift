/// How the merged catalogue is fetched and kept fresh.
package struct CatalogConfiguration: Sendable, Equatable {
    /// How long the first list waits for servers that were never seen before; zero does not wait.
    package var listWait: Duration

    /// How often the lists of a server that announces no changes are fetched again; `nil` never polls.
    package var refresh: Duration?

    /// Tools, resources, templates and prompts of one server, each: what comes after them is left out.
    package var maxItemsPerServer: Int

    /// Items on one page of a merged list. Many clients never ask for a second page, so it is generous.
    package var pageSize: Int

    /// For how long clients are told that they may keep lists, where the server that has them does not say (2026-07-28);
    /// `nil`: not at all.
    package var ttl: Duration?

    package init(
        listWait: Duration = .milliseconds(300), refresh: Duration? = .seconds(5 * 60), maxItemsPerServer: Int = 10_000,
        pageSize: Int = 1_000, ttl: Duration? = .seconds(30)
    ) {
        self.ttl = ttl
        self.pageSize = pageSize
        self.listWait = listWait
        self.refresh = refresh
        self.maxItemsPerServer = maxItemsPerServer
    }
}
