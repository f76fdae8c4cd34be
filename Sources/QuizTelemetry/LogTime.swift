#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Wall-clock time as logs write it. Never used for anything but display.
package enum LogTime {
    /// Milliseconds since 1970, now.
    package static func nowMs() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// RFC 3339 in UTC with milliseconds: `2025-03-09T12:34:56.789Z`.
    package static func rfc3339(milliseconds: Int64) -> String {
        let (date, time) = split(milliseconds)
        return "\(date)T\(time)Z"
    }

    /// `12:34:56.789`, UTC.
    package static func timeOfDay(milliseconds: Int64) -> String { split(milliseconds).time }

    private static func split(_ milliseconds: Int64) -> (date: String, time: String) {
        let msPerDay: Int64 = 86_400_000
        let days = milliseconds >= 0 ? milliseconds / msPerDay : (milliseconds - msPerDay + 1) / msPerDay
        let ofDay = milliseconds - days * msPerDay
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let hours = padded(ofDay / 3_600_000, 2)
        let minutes = padded(ofDay / 60_000 % 60, 2)
        let seconds = padded(ofDay / 1_000 % 60, 2)
        return (date, "\(hours):\(minutes):\(seconds).\(padded(ofDay % 1_000, 3))")
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
