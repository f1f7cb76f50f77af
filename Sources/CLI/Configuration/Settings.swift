import Domain
import LinqClient
import Rules

/// Everything that may be configured, after flags, environment and `lethe.yaml` have been heard.
struct Settings: Sendable {
    struct Linq: Sendable {
        var baseURL: String
        var maxInFlight: Int
        var maxRequestsPerSecond: Int
        /// Microseconds.
        var timeout: Int64
        /// Codes of a 404 by which the vendor says that an attachment is not there.
        var absentCodes: Set<Int>
    }

    struct Approval: Sendable {
        /// 1 or 2.
        var people: Int
        /// Plans of more items wait for `lethe plan approve`.
        var above: Int
    }

    struct Audit: Sendable {
        var name: String
        var keys: String
        var anchors: [String]
        /// How long closed segments are kept; `nil` = for ever.
        var retain: Period?
    }

    struct Schedule: Sendable {
        var cron: String
        var timeZone: String
        var apply: Bool
    }

    /// Whom to call, and for what.
    struct Call: Sendable {
        enum Event: String, CaseIterable, Sendable {
            /// A run did not do all that it should.
            case failure
            /// An erasure request is past its day.
            case overdue
            /// No run has finished for long.
            case silence
        }

        /// A command for the shell, or a URL.
        var target: String
        var on: Set<Event>
    }

    var partner: String
    var linq: Linq
    var tiers: TierMap
    var policies: String
    var limits: Limits
    var approval: Approval
    var audit: Audit
    var schedules: [Schedule]
    var onFailure: [Call]
    var apiKey: APIKey?
    var webhookSecrets: [String]

    /// What `lethe config` prints, in the order of the file: key, value as text, where it came from.
    var lines: [SettingLine]
}

/// One line of `lethe config`; a secret is `set` or `not set`.
struct SettingLine: Sendable {
    let key: String
    let value: String
    let origin: Origin
}
