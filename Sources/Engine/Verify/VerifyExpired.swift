import Audit
package import Domain
import Inventory
import LinqClient
package import Rules

/// `lethe verify --expired N`: asks the vendor for ephemeral attachments that are past their 24 hours. The vendor's own
/// texts disagree on 24 or 48, so what is still there is a breach only after 48; it is persistent from then on, and due
/// under the policies.
package struct VerifyExpired: Sendable {
    package struct Report: Sendable, Equatable {
        package var checked = 0
        package var gone = 0
        /// Still there, between 24 and 48 hours.
        package var notYet = 0
        package var breaches: [AttachmentID] = []
        package var unknown = 0

        package init() {}

        package var status: ExitStatus {
            if !breaches.isEmpty { return .failed }
            return unknown > 0 ? .notVerified : .done
        }
    }

    /// The vendor's promise, and its longest reading, in seconds.
    private static let promise: Int64 = 24 * 3600
    private static let breach: Int64 = 48 * 3600

    private let bench: Workbench
    private let tiers: TierMap
    private let retrying: Retrying

    package init(_ bench: Workbench, tiers: TierMap, requestsPerSecond: Int = 10) {
        self.bench = bench
        self.tiers = tiers
        retrying = Retrying(perSecond: requestsPerSecond, time: bench.time)
    }

    /// At most `sample` of them, at random.
    package func run(
        sample: Int, progress: @Sendable (Report) -> Void = { _ in }
    ) async throws(LetheError) -> Report {
        try CatchUp(inventory: bench.inventory, log: bench.log).run()
        _ = try await Preflight(bench).run(lines: try bench.inventory.lines())
        var report = Report()
        for (id, start) in try self.sample(sample) where !bench.shouldStop() {
            let vendor = bench.vendor
            let answer = await retrying(answer: { $0.answer }, call: { await vendor.lookUp(id) }).answer
            report.checked += 1
            switch LookUpFinding(answer) {
            case .absent: report.gone += 1
            case .present where bench.time.now() < start.adding(seconds: Self.breach): report.notYet += 1
            case .present: report.breaches.append(id)
            case .keyRefused: try Preflight.refuseBadKey(answer)
            case .unknown: report.unknown += 1
            }
            progress(report)
        }
        try bench.inventory.setTierDrift(report.breaches)
        try record(report)
        return report
    }

    /// What got a clear answer: before 48 hours nothing is promised for sure, so "not yet" is none.
    private func record(_ report: Report) throws(LetheError) {
        let breaches = report.breaches.count
        let seqs = try bench.log.append([.vendorSample(checked: report.gone + breaches, present: breaches)])
        for seq in seqs { try bench.inventory.noteExpiredSample(origin: bench.log.origin, seq: seq) }
        try CatchUp(inventory: bench.inventory, log: bench.log).run()
    }

    /// Each one past its 24 hours has the same chance (a reservoir of `count`).
    private func sample(_ count: Int) throws(LetheError) -> [(AttachmentID, start: Timestamp)] {
        let limit = bench.time.now().adding(seconds: -Self.promise)
        var drawn: [(AttachmentID, start: Timestamp)] = []
        var met = 0
        try bench.inventory.forEachAttachment { candidate in
            let attachment = candidate.attachment
            guard let start = attachment.ephemeralStart, start <= limit, tiers.tier(of: attachment) == .ephemeral else {
                return true
            }
            met += 1
            if drawn.count < count {
                drawn.append((attachment.id, start))
            } else if case let place = Int.random(in: 0..<met), place < count {
                drawn[place] = (attachment.id, start)
            }
            return true
        }
        return drawn.shuffled()
    }
}
