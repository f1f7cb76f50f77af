package import Domain

extension ReportValues {
    /// What verifying one log said: the block of `lethe audit verify`, field by field.
    package struct Log: Codable, Sendable, Equatable {
        package enum Result: String, CaseIterable, Codable, Sendable {
            case verified
            case notVerified = "not_verified"
            case broken
        }

        package var origin: String
        package var result: Result
        /// The text after `RESULT`.
        package var summary: String
        package var records: Int
        package var first: Timestamp?
        package var last: Timestamp?
        package var checks: [Check]
        package var failures: [Failure]
        package var intents: Int
        package var deleted: Int
        package var absent: Int
        package var open: Int

        package init(
            origin: String, result: Result, summary: String, records: Int, first: Timestamp? = nil,
            last: Timestamp? = nil, checks: [Check] = [], failures: [Failure] = [], intents: Int = 0, deleted: Int = 0,
            absent: Int = 0, open: Int = 0
        ) {
            self.origin = origin
            self.result = result
            self.summary = summary
            self.records = records
            self.first = first
            self.last = last
            self.checks = checks
            self.failures = failures
            self.intents = intents
            self.deleted = deleted
            self.absent = absent
            self.open = open
        }
    }

    package struct Check: Codable, Sendable, Equatable {
        package enum Status: String, CaseIterable, Codable, Sendable {
            case ok
            case failed
            case notChecked = "not_checked"
        }

        /// `structure`, `checkpoint`, `mac`, `anchors`.
        package var name: String
        package var status: Status
        package var detail: String

        package init(name: String, status: Status, detail: String) {
            self.name = name
            self.status = status
            self.detail = detail
        }
    }

    package struct Failure: Codable, Sendable, Equatable {
        package var seq: Int64?
        package var code: String
        package var message: String

        package init(seq: Int64?, code: String, message: String) {
            self.seq = seq
            self.code = code
            self.message = message
        }
    }

    /// What else the six controls rest on.
    package struct Evidence: Codable, Sendable, Equatable {
        /// Domains that our own egress allows for downloads, as `doctor` found them; `nil` = nobody looked.
        package var egress: Egress?
        /// Objects looked up again at the vendor after they should have gone.
        package var samples: [Sample]
        package var archived: Int
        package var archiveFailed: Int

        package init(egress: Egress? = nil, samples: [Sample] = [], archived: Int = 0, archiveFailed: Int = 0) {
            self.egress = egress
            self.samples = samples
            self.archived = archived
            self.archiveFailed = archiveFailed
        }
    }

    package struct Egress: Codable, Sendable, Equatable {
        package var domains: [String]
        package var checkedAt: Timestamp
        /// Where the list comes from: `doctor`.
        package var source: String

        package init(domains: [String], checkedAt: Timestamp, source: String) {
            self.domains = domains
            self.checkedAt = checkedAt
            self.source = source
        }
    }

    package struct Sample: Codable, Sendable, Equatable {
        package enum Kind: String, CaseIterable, Codable, Sendable {
            /// Deleted by us.
            case deleted
            /// Ephemeral and past its 24 hours.
            case expired
        }

        package var at: Timestamp
        package var kind: Kind
        package var checked: Int
        /// Of these, how many the vendor still had.
        package var present: Int

        package init(at: Timestamp, kind: Kind, checked: Int, present: Int) {
            self.at = at
            self.kind = kind
            self.checked = checked
            self.present = present
        }
    }
}
