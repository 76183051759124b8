/// What was waited for did not come to be in time.
package struct ObservationTimedOut: Error, CustomStringConvertible {
    package let what: String
    package let limit: Duration
    package var description: String { "no \(what) within \(limit)" }
}
