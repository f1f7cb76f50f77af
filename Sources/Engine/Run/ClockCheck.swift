package import Audit
package import Domain

/// Whether this machine's clock may be believed: one rule for the preflight, for who opens a request, and for the doctor.
/// Everything that ends, a retention, a hold, a request, ends by the clock.
package struct ClockCheck: Sendable {
    package enum Verdict: Sendable, Equatable {
        /// At most a minute from the vendor's; how far, in seconds.
        case right(apart: UInt64)
        /// More, and within the tolerance.
        case off(apart: UInt64)
        /// Right by the vendor, and the newest record of the log is from after now.
        case aheadBefore
        /// The vendor told no time, and the log has none from after now.
        case uncompared
        /// More than the tolerance from the vendor's.
        case farFromVendor(apart: UInt64, isAhead: Bool)
        /// The vendor told no time, and the log has this one from after now.
        case behindLog(Timestamp)
        /// The vendor told no time, and this latest one of the log is too long ago to be a witness.
        case silentLog(Timestamp, apart: UInt64)
    }

    /// How old the newest record may be where it alone bears out what is dated by this machine's clock, in seconds.
    package static let longestSilence: Int64 = 7 * 86_400

    private let log: AuditLog
    private let tolerance: Int64

    /// `tolerance`: in seconds.
    package init(_ log: AuditLog, tolerance: Int64 = RunContext.usualClockTolerance) {
        self.log = log
        self.tolerance = tolerance
    }

    /// `date`: what the vendor's clock showed just now; `nil` = it told no time, or was not asked. `needsWitness`: then a record
    /// of the last days must bear out that the clock is not ahead.
    package func verdict(
        at now: Timestamp, vendor date: Timestamp?, needsWitness: Bool = false
    ) throws(LetheError) -> Verdict {
        let limit = now.adding(seconds: tolerance)
        guard let date else {
            // Whatever was recorded since by the same clock does not make it a better one.
            guard let latest = try log.fold().latest else { return .uncompared }
            if limit < latest { return .behindLog(latest) }
            guard needsWitness, latest.adding(seconds: Self.longestSilence) < now else { return .uncompared }
            return .silentLog(latest, apart: UInt64((now.microseconds - latest.microseconds) / 1_000_000))
        }
        let apart = (now.microseconds - date.microseconds) / 1_000_000
        guard apart.magnitude <= tolerance else {
            return .farFromVendor(apart: apart.magnitude, isAhead: apart > 0)
        }
        if let last = try log.entries(after: log.size() - 2, limit: 1).last, limit < last.time { return .aheadBefore }
        return apart.magnitude > 60 ? .off(apart: apart.magnitude) : .right(apart: apart.magnitude)
    }
}

extension ClockCheck.Verdict {
    /// What is the matter with this machine's clock, where nothing may be deleted by it.
    package var doubt: String? {
        switch self {
        case .right, .off, .aheadBefore, .uncompared: nil
        case .farFromVendor(let apart, let isAhead):
            "is \(span(apart)) \(isAhead ? "ahead of" : "behind") the vendor's"
        case .behindLog(let latest):
            "is behind the latest time in the audit log, \(latest.brief), and the vendor's answer tells none"
        case .silentLog(let latest, let apart):
            "is \(span(apart)) after the latest time in the audit log, \(latest.brief), and no answer of the vendor's bears it out"
        }
    }

    /// What to do about the doubt.
    package var fix: String {
        switch self {
        case .behindLog:
            "set the clock (timedatectl set-ntp true, or chronyc makestep), unless an earlier command had one that was ahead"
        case .silentLog:
            "run it without --offline, so that the vendor's clock is asked, or set the clock (timedatectl set-ntp true, or chronyc makestep)"
        default:
            "set the clock (timedatectl set-ntp true, or chronyc makestep), then run again; lethe doctor compares it"
        }
    }

    /// For people; the run goes on.
    package var warning: String? {
        switch self {
        case .right, .farFromVendor, .behindLog, .silentLog: nil
        case .off(let apart): "this machine's clock is \(apart) s away from the vendor's"
        case .aheadBefore: "the audit log has records from after now: an earlier run had a clock that was ahead"
        case .uncompared: "the vendor's answer tells no time, so this machine's clock was not compared with it"
        }
    }
}

extension TimeSource {
    /// More than five minutes after now: stamped by a clock that was ahead.
    func isFromLater(_ time: Timestamp) -> Bool { now().adding(seconds: RunContext.usualClockTolerance) < time }
}
