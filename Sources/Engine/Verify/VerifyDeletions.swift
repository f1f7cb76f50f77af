import Audit
package import Domain
import Inventory
package import Rules

/// `lethe verify`: asks the vendor for what was called gone, grades the evidence, and reports drift. What is still there is
/// live again and due at the next run.
package struct VerifyDeletions: Sendable {
    package struct Report: Sendable, Equatable {
        package var checked = 0
        package var gone = 0
        package var stillThere: [AttachmentID] = []
        package var unknown = 0
        /// Somebody asked it to stop.
        package var isInterrupted = false

        package var status: ExitStatus {
            if !stillThere.isEmpty { return .failed }
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

    /// `sample` at random (1,000 by default), or all with `nil`; only those deleted at or after `since`, if given.
    package func run(
        sample: Int? = 1000, since: Timestamp? = nil, progress: @Sendable (Report) -> Void = { _ in }
    ) async throws(LetheError) -> Report {
        try await ask.prepare()
        var report = Report()
        var findings: [AuditRecord] = []
        for id in try context.inventory.goneAttachments(sample: since == nil ? sample : nil) {
            guard let record = try context.inventory.record(of: id), let run = record.lastRun else { continue }
            if let since, record.outcomeAt.map({ $0 < since }) ?? true { continue }
            guard sample.map({ report.checked < $0 }) ?? true else { break }
            guard let answer = try await ask.lookUp(id)?.answer else {
                report.isInterrupted = true
                break
            }
            report.checked += 1
            switch LookUpFinding(answer) {
            case .absent:
                report.gone += 1
                let isBetter = record.grade.map { $0.rawValue > EvidenceGrade.b.rawValue } ?? true
                if isBetter, record.outcome == .deleted {
                    findings.append(.deleteVerified(.init(run: run, attachment: id, http: answer.status, grade: .b)))
                }
            case .present:
                report.stillThere.append(id)
                try context.noteTierDrift(of: id, tiers: tiers, answer)
                findings.append(.deleteVerified(.init(run: run, attachment: id, http: answer.status, grade: .x)))
            case .keyRefused:
                // The answers until now are as good as ever.
                if !findings.isEmpty { try self.record(report, findings) }
                try Preflight.refuseBadKey(answer)
            case .unknown: report.unknown += 1
            }
            progress(report)
        }
        try record(report, findings)
        return report
    }

    private func record(_ report: Report, _ findings: [AuditRecord]) throws(LetheError) {
        let sample = AuditRecord.vendorSample(
            .init(
                checked: report.gone + report.stillThere.count, present: report.stillThere.count))
        _ = try context.log.append(findings + [sample])
        try CatchUp(inventory: context.inventory, log: context.log).run()
    }
}

extension AttachmentRecord {
    /// The run that last announced its DELETE.
    var lastRun: RunID? {
        for entry in history.reversed() {
            if case .intent(let run, _, _) = entry.event { return run }
        }
        return nil
    }
}
