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
        package var checks: [Check] = []
        package var failures: [Failure] = []
        package var intents: Int = 0
        package var deleted: Int = 0
        package var absent: Int = 0
        package var open: Int = 0
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
    }

    /// What else the six controls rest on.
    package struct Evidence: Codable, Sendable, Equatable {
        /// Hosts that this machine reached, of the one that it must and another that it must not, as the log has it last; `nil` =
        /// nobody looked.
        @OrNull package var egress: Egress? = nil
        /// Objects looked up again at the vendor after they should have gone.
        package var samples: [Sample] = []
        /// Attachments that had been called gone, and that a GET found again in the period; in order, each once.
        package var foundAgain: [AttachmentID] = []
        package var archived: Int = 0
        package var archiveFailed: Int = 0
    }

    package struct Egress: Codable, Sendable, Equatable {
        package var domains: [String]
        package var checkedAt: Timestamp
        /// The command and the record that it comes from.
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
    }
}
