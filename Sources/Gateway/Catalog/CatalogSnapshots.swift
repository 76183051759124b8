/// The snapshots of all variants.
struct CatalogSnapshots {
    struct Variant {
        var line = SnapshotLine()
        /// Whether anything is different here; if not, only earlier snapshots are kept, for those who page through them.
        var isDifferent = false
    }

    enum Found {
        case present(CatalogSnapshot)
        /// It has to be made, for this variant.
        case missing(CatalogVariant)
    }

    /// What everybody sees.
    private(set) var common: CatalogSnapshot
    private var commonLine = SnapshotLine()
    var variants: [CatalogVariant: Variant] = [:]
    /// Increases with every snapshot of any variant.
    private(set) var lastGeneration: UInt64

    init(_ first: CatalogSnapshot) {
        common = first
        commonLine.replace(with: first)
        lastGeneration = first.generation
    }

    mutating func nextGeneration() -> UInt64 {
        lastGeneration += 1
        return lastGeneration
    }

    /// Replaces what everybody sees, which is part of what those of any variant see.
    mutating func replaceCommon(with snapshot: CatalogSnapshot, isDifferent: (CatalogVariant) -> Bool) {
        common = snapshot
        commonLine.replace(with: snapshot)
        for variant in Array(variants.keys) { reset(variant, isDifferent) }
    }

    /// The snapshot of those of a variant, or of what is below it where nothing is different.
    func find(_ variant: CatalogVariant) -> Found {
        var layer: CatalogVariant? = variants.isEmpty ? nil : variant
        while let present = layer {
            if let own = variants[present], own.isDifferent {
                return own.line.current.map(Found.present) ?? .missing(present)
            }
            layer = present.below
        }
        return .present(common)
    }

    /// What those of a variant see has changed; so has what is above it.
    mutating func invalidate(_ variant: CatalogVariant, isDifferent: (CatalogVariant) -> Bool) {
        for other in Array(variants.keys) where other.below == variant { reset(other, isDifferent) }
        reset(variant, isDifferent)
    }

    private mutating func reset(_ variant: CatalogVariant, _ isDifferent: (CatalogVariant) -> Bool) {
        var entry = variants[variant] ?? Variant()
        entry.line.invalidate()
        entry.isDifferent = isDifferent(variant)
        variants[variant] = entry.isDifferent || !entry.line.isEmpty ? entry : nil
    }

    mutating func remove(_ variant: CatalogVariant) { variants[variant] = nil }

    /// A snapshot that those of a variant have seen and may be paging through.
    func snapshot(generation: UInt64, for variant: CatalogVariant?) -> CatalogSnapshot? {
        var layer = variant
        while let present = layer {
            if let snapshot = variants[present]?.line.snapshot(generation: generation) { return snapshot }
            layer = present.below
        }
        return commonLine.snapshot(generation: generation)
    }
}
