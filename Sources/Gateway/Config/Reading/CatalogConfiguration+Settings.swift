import Configuration

extension CatalogConfiguration {
    static let settings: [Setting<CatalogConfiguration>] = [
        .boundedDuration("listWait", \.listWait, .zero ... .seconds(3600), off: .zero),
        .duration("refresh", \.refresh, .seconds(1)...QuantityText.maxDuration),
        .count("maxItemsPerServer", \.maxItemsPerServer, 1...1_000_000),
        .count("pageSize", \.pageSize, 1...1_000_000),
        .duration("ttl", \.ttl, .milliseconds(1) ... .seconds(24 * 3600)),
    ]
}
