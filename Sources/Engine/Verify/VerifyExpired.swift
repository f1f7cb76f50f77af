import Audit
package import Domain
import Inventory
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
        /// Of the unknown: still there, after 48 hours by this machine's clock alone.
        package var undated = 0
        /// Somebody asked it to stop.
        package var isInterrupted = false

        package var status: ExitStatus {
            if !breaches.isEmpty { return .failed }
            if isInterrupted { return .incomplete }
            return unknown > 0 ? .notVerified : .done
        }
    }

    private let context: RunContext
    private let tiers: TierMap
    private let ask: AskVendor

    package init(_ context: RunContext, tiers: TierMap, requestsPerSecond: Int = 10) {
        self.context = context
        self.tiers = tiers
        ask = AskVendor(context, requestsPerSecond: requestsPerSecond)
    }

    /// At most `sample` of them, at random.
    package func run(
        sample: Int, progress: @Sendable (Report) -> Void = { _ in }
    ) async throws(LetheError) -> Report {
        try await ask.prepare()
        var report = Report()
        for id in try self.sample(sample) {
            guard let answer = try await ask.lookUp(id)?.answer else {
                report.isInterrupted = true
                break
            }
            report.checked += 1
            switch LookUpFinding(answer) {
            case .absent:
                report.gone += 1
                try context.inventory.noteAbsent(id, at: context.time.now())
            case .present:
                switch try context.noteTierDrift(of: id, tiers: tiers, answer) {
                case .found: report.breaches.append(id)
                case .none: report.notYet += 1
                case .undated:
                    report.unknown += 1
                    report.undated += 1
                }
            case .keyRefused:
                // The answers until now are as good as ever.
                if report.gone + report.breaches.count > 0 { try record(report) }
                try Preflight.refuseBadKey(answer)
            case .unknown: report.unknown += 1
            }
            progress(report)
        }
        try record(report)
        return report
    }

    /// What got a clear answer: before 48 hours nothing is promised for sure, so "not yet" is none.
    private func record(_ report: Report) throws(LetheError) {
        let breaches = report.breaches.count
        let seqs = try context.log.append([.vendorSample(.init(checked: report.gone + breaches, present: breaches))])
        for seq in seqs { try context.inventory.noteExpiredSample(origin: context.log.origin, seq: seq) }
        try CatchUp(inventory: context.inventory, log: context.log).run()
    }

    /// Each one past its 24 hours has the same chance (a reservoir of `count`).
    private func sample(_ count: Int) throws(LetheError) -> [AttachmentID] {
        let now = context.time.now()
        var drawn: [AttachmentID] = []
        var met = 0
        try context.inventory.forEachAttachment { candidate in
            let attachment = candidate.attachment
            guard let end = attachment.ephemeralEnd, end <= now, tiers.tier(of: attachment) == .ephemeral else {
                return true
            }
            met += 1
            if drawn.count < count {
                drawn.append(attachment.id)
            } else if case let place = Int.random(in: 0..<met), place < count {
                drawn[place] = attachment.id
            }
            return true
        }
        return drawn.shuffled()
    }
}
