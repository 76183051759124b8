/// What servers list otherwise than to everybody: per variant, only the parts that differ.
struct CatalogOverlays {
    private var parts: [CatalogVariant: [String: CatalogPart]] = [:]

    subscript(variant: CatalogVariant, server: String) -> CatalogPart? {
        get { parts[variant]?[server] }
        set {
            parts[variant, default: [:]][server] = newValue
            if parts[variant]?.isEmpty == true { parts[variant] = nil }
        }
    }

    func has(_ variant: CatalogVariant) -> Bool { parts[variant] != nil }

    mutating func remove(_ variant: CatalogVariant) { parts[variant] = nil }

    /// Those with a part of this server.
    func variants(of server: String) -> Set<CatalogVariant> {
        Set(parts.filter { $0.value[server] != nil }.keys)
    }

    /// What a server lists to those of a variant.
    func part(of server: String, for variant: CatalogVariant?, over base: [String: CatalogPart]) -> CatalogPart? {
        guard let variant else { return base[server] }
        return self[variant, server] ?? part(of: server, for: variant.below, over: base)
    }

    /// All parts, as those of a variant see them.
    func all(for variant: CatalogVariant, over base: [String: CatalogPart]) -> [String: CatalogPart] {
        var all = base
        for layer in [variant.below, variant] {
            guard let layer, let own = parts[layer] else { continue }
            all.merge(own) { _, own in own }
        }
        return all
    }

    /// Forgets parts of a server that differ no longer from what is below them.
    mutating func removeEqual(of server: String, over base: [String: CatalogPart]) {
        // Those of capabilities first: sessions are compared with what is left of them.
        let variants = variants(of: server).sorted { $0.below == nil && $1.below != nil }
        for variant in variants {
            guard let own = self[variant, server],
                let below = part(of: server, for: variant.below, over: base), own.lists(the: below)
            else { continue }
            self[variant, server] = nil
        }
    }
}
