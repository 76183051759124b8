/// Writes instants as `Date` wants them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
package enum HTTPDate {
    /// - Parameter secondsSince1970: UTC, without leap seconds. Clamped to the years 1970 to 9999.
    package static func encode(secondsSince1970: Int) -> [UInt8] {
        let seconds = min(max(secondsSince1970, 0), 253_402_300_799)
        let days = seconds / 86_400
        let time = seconds % 86_400
        let (year, month, day) = civil(days: days)
        var text: [UInt8] = []
        text.reserveCapacity(29)
        text.append(contentsOf: weekdays[(days + 4) % 7].utf8)
        text.append(contentsOf: ", ".utf8)
        append(day, digits: 2, to: &text)
        text.append(.space)
        text.append(contentsOf: months[month - 1].utf8)
        text.append(.space)
        append(year, digits: 4, to: &text)
        text.append(.space)
        append(time / 3600, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(time / 60 % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(time % 60, digits: 2, to: &text)
        text.append(contentsOf: " GMT".utf8)
        return text
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The Gregorian date of a day counted from 1970-01-01. Years are counted from March, so that the leap day comes
    /// last and the lengths of the months before it follow one line: 153 days in five months.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let sinceMarchOfYear0 = days + 719_468
        let era = sinceMarchOfYear0 / 146_097
        let dayOfEra = sinceMarchOfYear0 % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func append(_ value: Int, digits: Int, to text: inout [UInt8]) {
        var divisor = digits == 4 ? 1000 : 10
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
