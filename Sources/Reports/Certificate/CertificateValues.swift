package import Domain

/// What an erasure certificate says of one request, as plain values. No handle and no file name has a place in it: a
/// person is a list of pseudonyms.
package struct CertificateValues: Codable, Sendable, Equatable {
    package var format = "lethe-statement-of-erasure/v1"
    /// 1 for the first answer; what came on record since and changes what is said counts on.
    package var issue: Int
    package var issued: Timestamp
    /// Name and version of the program.
    package var tool: String
    /// The controller's name, where configuration has one.
    package var controller: String?
    package var partner: String
    package var request: Request
    package var plan: Plan
    /// Of each plan that was carried out, not of the latest alone.
    package var approvals: [ReportValues.Approval]
    /// Every item of the request's plans with the last word on it, and what had gone before and was found again, in any order.
    package var items: [Item]
    package var coverage: Coverage
    package var proof: Proof

    package init(
        issue: Int = 1, issued: Timestamp, tool: String, controller: String? = nil, partner: String, request: Request,
        plan: Plan, approvals: [ReportValues.Approval], items: [Item], coverage: Coverage, proof: Proof
    ) {
        self.issue = issue
        self.issued = issued
        self.tool = tool
        self.controller = controller
        self.partner = partner
        self.request = request
        self.plan = plan
        self.approvals = approvals
        self.items = items
        self.coverage = coverage
        self.proof = proof
    }

    package struct Request: Codable, Sendable, Equatable {
        package var id: RequestID
        package var state: ErasureRequest.State
        package var jurisdiction: ErasureRequest.Jurisdiction
        package var scope: ErasureRequest.Scope
        package var received: Timestamp
        package var due: Timestamp
        /// Of the last answer, which this issue is of.
        package var answered: Timestamp?
        /// Of the first, which was in time or was not.
        package var firstAnswered: Timestamp?
        package var channel: String?
        package var identityCheck: String?
        package var openedBy: String
        package var subjects: [SubjectPseudonym]

        package init(_ request: ErasureRequest, firstAnswered: Timestamp? = nil) {
            id = request.id
            state = request.state
            jurisdiction = request.jurisdiction
            scope = request.scope
            received = request.received
            due = request.due
            answered = request.answered
            self.firstAnswered = firstAnswered ?? request.answered
            channel = request.channel
            identityCheck = request.identityMethod
            openedBy = request.openedBy
            subjects = request.subjects.sorted()
        }
    }

    /// The latest plan of the request; earlier ones may have dealt with other items.
    package struct Plan: Codable, Sendable, Equatable {
        package var id: PlanID
        package var digest: String
        package var policyDigest: String
        package var created: Timestamp
        package var items: Int

        package init(id: PlanID, digest: String, policyDigest: String, created: Timestamp, items: Int) {
            self.id = id
            self.digest = digest
            self.policyDigest = policyDigest
            self.created = created
            self.items = items
        }
    }

    package struct Item: Codable, Sendable, Equatable {
        package var attachment: AttachmentID
        package var rule: String
        package var line: PhoneLine?
        package var tier: Tier
        package var mediaType: String?
        package var bytes: Int64?
        package var outcome: Outcome
        /// When it came to its end; `nil` = it has not.
        package var at: Timestamp?
        package var grade: EvidenceGrade?
        package var attempts: Int
        package var lastAnswer: String?
        /// The vendor's `X-Trace-ID`.
        package var trace: String?
        /// Why a withheld item stays: a legal ground, a hold's id, or how many others received it.
        package var ground: String?
        package var ends: Timestamp?

        package init(
            attachment: AttachmentID, rule: String, line: PhoneLine? = nil, tier: Tier, mediaType: String? = nil,
            bytes: Int64? = nil, outcome: Outcome, at: Timestamp? = nil, grade: EvidenceGrade? = nil, attempts: Int = 0,
            lastAnswer: String? = nil, trace: String? = nil, ground: String? = nil, ends: Timestamp? = nil
        ) {
            self.attachment = attachment
            self.rule = rule
            self.line = line
            self.tier = tier
            self.mediaType = mediaType
            self.bytes = bytes
            self.outcome = outcome
            self.at = at
            self.grade = grade
            self.attempts = attempts
            self.lastAnswer = lastAnswer
            self.trace = trace
            self.ground = ground
            self.ends = ends
        }
    }

    /// What was looked through to find the subject's attachments.
    package struct Coverage: Codable, Sendable, Equatable {
        package var extent: ErasureRequest.Coverage
        /// Of the subject's chats: things with a URL and no id.
        package var unaddressable: Int
        package var recipientUnknown: Int
        /// No message and no chat of the subject was ever seen.
        package var unseen: Bool
        /// The subject's attachments that had gone before the request's first plan, by how they went; outcomes without one
        /// are left out.
        package var goneBefore: [String: Int]
        /// What of the subject's chats names a file that nobody can tell, where the extent is not complete.
        package var unreadable: [UnreadableParts]
        /// Plans that the log has under the request and the inventory has lost, with what they listed; `nil` = none.
        package var lostPlans: Int?

        package init(
            extent: ErasureRequest.Coverage, unaddressable: Int = 0, recipientUnknown: Int = 0, unseen: Bool = false,
            goneBefore: OutcomeCounts = OutcomeCounts(), unreadable: [UnreadableParts] = [], lostPlans: Int = 0
        ) {
            self.unreadable = unreadable
            self.extent = extent
            self.unaddressable = unaddressable
            self.recipientUnknown = recipientUnknown
            self.unseen = unseen
            self.lostPlans = lostPlans == 0 ? nil : lostPlans
            self.goneBefore = Dictionary(
                uniqueKeysWithValues: Outcome.allCases.map { ($0.rawValue, goneBefore[$0]) }.filter { $0.1 > 0 })
        }
    }

    /// Where the statement stands in the signed log.
    package struct Proof: Codable, Sendable, Equatable {
        package var origin: String
        /// The log's public key, for comparison with the one that the reviewer has got on another way.
        package var vkey: String
        /// The signed note, whole; `nil` = the log has not been sealed since.
        package var checkpoint: String?
        /// The canonical bytes of each plan of the request, oldest first; the log has their digests. `nil` in certificates of before.
        package var plans: [String]?
        /// In the order of the log.
        package var records: [Record]

        package init(
            origin: String, vkey: String, checkpoint: String?, plans: [String]? = nil, records: [Record]
        ) {
            self.plans = plans
            self.origin = origin
            self.vkey = vkey
            self.checkpoint = checkpoint
            self.records = records
        }
    }

    package struct Record: Codable, Sendable, Equatable {
        package var seq: Int64
        /// The bytes of the log's line without its LF, as they are: ASCII.
        package var line: String
        /// A C2SP tlog-proof file, whole.
        package var inclusion: String?

        package init(seq: Int64, line: String, inclusion: String? = nil) {
            self.seq = seq
            self.line = line
            self.inclusion = inclusion
        }
    }
}
