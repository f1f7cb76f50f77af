import Cryptography
package import Domain
import Foundation

/// What verification of all segments of a workspace found.
package struct SegmentsReport: Sendable, Equatable {
    /// Oldest first; the last one is the live segment.
    package let segments: [VerificationReport]
    /// Removed segments of which the last checkpoint is left.
    package let removed: [String]

    package var result: VerificationReport.Result {
        if segments.contains(where: { $0.result == .tampered }) { return .tampered }
        return segments.isEmpty || segments.contains { $0.result == .notVerified } ? .notVerified : .verified
    }

    package var exit: ExitStatus {
        switch result {
        case .verified: .done
        case .tampered: .failed
        case .notVerified: .notVerified
        }
    }

    package var hint: String? { segments.lazy.compactMap(\.hint).first }

    /// One block a segment; with several, a line that sums up the chain.
    package var lines: [String] {
        var lines = Array(segments.map(\.lines).joined(separator: [""]))
        for segment in segments {
            guard let lost = segment.opening?.previous?.lost, lost > 0 else { continue }
            lines.append(
                "lost         \(lost) records before \(segment.origin ?? "this segment"), as its log.open states")
        }
        guard segments.count + removed.count > 1 else { return lines }
        let records = segments.map(\.records).reduce(0, +)
        lines += [
            "",
            "segments     \(segments.count) verified one by one, \(removed.count) removed; \(records) records; "
                + "result: \(result.rawValue.replacing("_", with: " "))",
        ]
        return lines
    }

    package var rendered: String { lines.joined(separator: "\n") + "\n" }
}

extension LogVerifier {
    /// Every segment of a workspace with one pinned key, and the chain of `prev_log` between them. A held checkpoint is
    /// held against the segment it names.
    package func verify(_ location: AuditLog.Location) throws(LetheError) -> SegmentsReport {
        let segments = try AuditLog.segments(location)
        guard let live = segments.last, live.isLive else {
            throw LetheError("unreadable-log", .unreadable, "there is no audit log at \(location.database.path)")
        }
        let files = try checkpointFiles(segments, live)
        var reports: [VerificationReport] = []
        for (index, segment) in segments.enumerated() {
            guard let file = segment.file else { continue }
            var own = options
            own.checkpoints = files[segment.origin] ?? []
            // Only the live segment is expected to be fresh.
            if !segment.isLive { own.maxAge = nil }
            if segment.isLive { own.require.remove(.closed) }
            let report = try LogVerifier(own).verify(file)
            let before = index > 0 ? segments[index - 1] : nil
            reports.append(try checkChain(report, after: before, reports.last))
        }
        acknowledgeLosses(&reports)
        return SegmentsReport(segments: reports, removed: segments.filter { $0.file == nil }.map(\.origin))
    }

    private func checkpointFiles(
        _ segments: [Segment], _ live: Segment
    ) throws(LetheError) -> [String: [URL]] {
        var files: [String: [URL]] = [:]
        let origins = Set(segments.map(\.origin))
        for file in options.checkpoints {
            let origin = try DurableFile.read(file).flatMap { try? Checkpoint(note: $0) }?.origin
            files[origin.flatMap { origins.contains($0) ? $0 : nil } ?? live.origin, default: []].append(file)
        }
        return files
    }

    /// Whether `prev_log` names what was found of the segment before, or its kept checkpoint.
    private func checkChain(
        _ report: VerificationReport, after segment: Segment?, _ before: VerificationReport?
    ) throws(LetheError) -> VerificationReport {
        let previous = report.opening?.previous
        var problem: String?
        if let segment, let previous {
            if let kept = segment.checkpoint {
                let checkpoint = try DurableFile.read(kept).flatMap { try? Checkpoint(note: $0) }
                let isSigned = options.vkey.map { checkpoint?.isSigned(by: $0) == true } ?? true
                let fits =
                    checkpoint?.size == previous.size && Hex.encode(checkpoint?.root.bytes ?? []) == previous.root
                if !isSigned || !fits {
                    problem = "the kept checkpoint of \(segment.origin) is not the one prev_log names"
                }
            } else if let before {
                let fits =
                    before.origin == previous.origin && before.records == previous.size
                    && before.root == previous.root && (before.lastMac ?? previous.mac) == previous.mac
                if !fits { problem = "prev_log does not name the segment before it as it is now" }
            }
        } else if segment != nil {
            problem = "the segment does not name the one before it"
        } else if let previous, previous.size > 0 {
            problem = "the segment before it, \(previous.origin), is missing"
        }
        guard let problem else { return report }
        return report.adding(Finding(.link, seq: 0, problem))
    }

    /// A loss that the next segment owned up to is no evidence of tampering any more, but the segment stays unverified.
    private func acknowledgeLosses(_ reports: inout [VerificationReport]) {
        for index in reports.indices.dropLast() {
            guard let lost = reports[index + 1].opening?.previous?.lost, lost > 0 else { continue }
            reports[index] = reports[index].acknowledging(lost: lost)
        }
    }
}

extension VerificationReport {
    func adding(_ finding: Finding) -> VerificationReport {
        with(failures: failures + [finding], failureCount: failureCount + 1)
    }

    func acknowledging(lost: Int64) -> VerificationReport {
        let acknowledged = failures.map { finding in
            finding.code == .shorterThanCheckpoint
                ? Finding(
                    finding.code, seq: finding.seq,
                    "\(finding.message); the next segment counts \(lost) records as lost",
                    isTampering: false) : finding
        }
        return with(failures: acknowledged, failureCount: failureCount)
    }

    private func with(failures: [Finding], failureCount: Int) -> VerificationReport {
        let tampering = failures.filter(\.isTampering)
        let reasons = failures.filter { !$0.isTampering }.map(\.message)
        let result: Result = !tampering.isEmpty ? .tampered : reasons.isEmpty ? self.result : .notVerified
        let summary =
            switch result {
            case .tampered: "evidence of tampering, \(failureCount) finding\(failureCount == 1 ? "" : "s")"
            case .notVerified: reasons.isEmpty ? self.summary : reasons.joined(separator: "; ")
            case .verified: self.summary
            }
        return VerificationReport(
            origin: origin, keyID: keyID, records: records, firstTime: firstTime, lastTime: lastTime, checks: checks,
            operations: operations, failures: failures, failureCount: failureCount,
            lastGood: tampering.compactMap(\.seq).min().map { $0 - 1 }, result: result, summary: summary,
            anchored: anchored, opening: opening, root: root, lastMac: lastMac, isClosed: isClosed)
    }
}

extension SegmentsReport: Encodable {
    private enum Key: CodingKey { case result, exit, origin, records, checks, failures, segments, removed }

    /// The top level is that of one segment (its `checks` and `failures` are of all), with `segments` one by one.
    package func encode(to encoder: any Encoder) throws {
        var answer = encoder.container(keyedBy: Key.self)
        try answer.encode(result.rawValue, forKey: .result)
        try answer.encode(exit.rawValue, forKey: .exit)
        try answer.encode(segments.last?.origin, forKey: .origin)
        try answer.encode(segments.map(\.records).reduce(0, +), forKey: .records)
        try answer.encode(segments.flatMap(\.checks), forKey: .checks)
        try answer.encode(segments.flatMap(\.failures), forKey: .failures)
        try answer.encode(segments, forKey: .segments)
        try answer.encode(removed, forKey: .removed)
    }
}
