import CLinux

/// Limits the kernel puts on this process.
package enum ProcessLimits {
    /// Raises the number of open descriptors to what the system allows.
    ///
    /// - Returns: the new limit; `nil` if the kernel refused, in which case the old one stays.
    @discardableResult
    package static func raiseDescriptorLimit() -> Int? {
        let limit = clinux_raise_descriptor_limit()
        return limit < 0 ? nil : Int(limit)
    }
}
