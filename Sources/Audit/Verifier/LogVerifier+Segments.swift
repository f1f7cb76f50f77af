import Cryptography
package import Domain
package import Foundation

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

    package var exit: ExitStatus { result.exit }

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
        guard segments.contains(where: { $0.file != nil }) else {
            throw LetheError("unreadable-log", .unreadable, "there is no audit log at \(location.database.path)")
        }
        let held = try checkpoints(of: segments.map(\.origin))
        let vouching = Vouching(
            options.vkeys, segments.map { $0.isNamed ? $0.file.flatMap(Self.opening) : nil },
            kept: segments.compactMap(\.checkpoint).compactMap { try? Self.checkpoint(in: $0) })
        var verifier = self
        verifier.options.missing = Self.missing(segments)
        var reports: [VerificationReport] = []
        var told: Told?
        for segment in segments {
            guard let file = segment.file else { continue }
            let report = try verifier.verify(
                file, held[segment.origin] ?? [], isLast: segment == segments.last, isGrowing: segment.isLive,
                inFolderOfLog: true, key: vouching.key(of: segment.origin), &told)
            reports.append(report.adding(endings(of: segment, report, segments)))
        }
        // What a changed segment says was removed was not.
        let removed = Set(reports.filter { $0.result != .tampered }.flatMap(\.removals))
        try chain(&reports, segments, removed)
        vouching.judge(&reports)
        acknowledgeLosses(&reports)
        return SegmentsReport(
            segments: reports, removed: segments.filter { $0.file == nil && removed.contains($0.origin) }.map(\.origin))
    }

    /// Segments that a kept checkpoint or the next one names and whose file is not there.
    private static func missing(_ segments: [Segment]) -> Set<String> {
        let named = segments.compactMap(\.previous).filter { $0.size > 0 }.map(\.origin)
        let kept = segments.filter { $0.file == nil }.map(\.origin)
        return Set((named + kept).filter { origin in !segments.contains { $0.file != nil && $0.isOf(origin) } })
    }

    /// Holds each `prev_log` against the segment that it names, and each that is not there against the records that say so.
    private func chain(
        _ reports: inout [VerificationReport], _ segments: [Segment], _ removed: Set<String>
    ) throws(LetheError) {
        let files = segments.filter { $0.file != nil }
        let isWholeChain = files.last?.isLive == true && files.allSatisfy { !$0.isNamed || $0.opened != nil }
        var vanished = Self.missing(segments).subtracting(removed)
        for (index, segment) in files.enumerated() {
            let report = reports[index]
            if isWholeChain, !segment.isNamed, report.opening != nil {
                reports[index] = report.adding(Finding(.link, seq: nil, "no later segment names this one"))
            }
            guard let previous = report.opening?.previous else { continue }
            if let before = files.lastIndex(where: { $0.isOf(previous.origin) }), before != index {
                reports[index] = reports[index].chained(to: reports[before])
            } else if vanished.remove(previous.origin) != nil {
                reports[index] = reports[index].adding(Self.vanished(previous.origin))
            } else if previous.size > 0 {
                let kept = try segments.first { $0.origin == previous.origin }?.checkpoint.flatMap(Self.checkpoint)
                reports[index] = try reports[index].checked(against: kept, options.vkeys)
            }
        }
        for origin in vanished.sorted() { reports[0] = reports[0].adding(Self.vanished(origin)) }
    }

    private static func checkpoint(in file: URL) throws(LetheError) -> Checkpoint? {
        try DurableFile.read(file).flatMap { try? Checkpoint(note: $0) }
    }

    private static func vanished(_ origin: String) -> Finding {
        Finding(.missingSegment, seq: nil, "the segment \(origin) is missing, and no record says that it was removed")
    }

    /// Whether the anchors know a segment after this one that is not here, or this one says itself that one must follow.
    private func endings(
        of segment: Segment, _ report: VerificationReport, _ all: [Segment]
    ) -> [Finding] {
        var findings: [Finding] = []
        for (file, next) in options.anchors.successors(of: segment.origin)
        where !all.contains(where: { $0.origin == next.origin }) && options.vkeys.contains(where: next.isSigned) {
            findings.append(
                Finding(
                    .link, seq: report.records,
                    "the anchor \(file.lastPathComponent) is of the segment after this one, \(next.origin), which is missing"
                ))
        }
        if segment == all.last, findings.isEmpty, report.isClosed || !segment.isLive {
            let problem =
                report.isClosed
                ? "the segment is closed and the next one was not begun"
                : "the segment after it, which is being written, is missing"
            findings.append(Finding(.link, seq: nil, problem, isTampering: false))
        }
        return findings
    }

    /// Several exports or databases in any order: each by itself, and the chain between them. What lies before the first is
    /// not asked for. A segment that was not given in between is no tampering, but the chain is not verified then.
    package func verify(_ logs: [URL]) throws(LetheError) -> SegmentsReport {
        let ordered = Self.chain(logs.map { (file: $0, opening: Self.opening(of: $0)) })
        let held = try checkpoints(of: ordered.map { $0.opening?.origin ?? "" })
        let vouching = Vouching(options.vkeys, ordered.map(\.opening))
        var reports: [VerificationReport] = []
        var told: Told?
        for (index, log) in ordered.enumerated() {
            let report = try verify(
                log.file, held[log.opening?.origin ?? ""] ?? [], isLast: index == ordered.count - 1, isGrowing: false,
                key: vouching.key(of: log.opening?.origin), &told)
            let previous = report.opening?.previous?.origin
            if index == 0 {
                reports.append(report)
            } else if let previous, previous == reports.last?.origin {
                reports.append(reports.last.map(report.chained) ?? report)
            } else {
                let problem = previous.map { "the segment before it, \($0), was not given" }
                reports.append(
                    report.adding(
                        Finding(.link, seq: 0, problem ?? "it goes on from none of the logs given", isTampering: false))
                )
            }
        }
        vouching.judge(&reports)
        acknowledgeLosses(&reports)
        return SegmentsReport(segments: reports, removed: [])
    }

    /// Only the last segment is expected to be fresh, and one that is still growing not to be closed. `key`: in place of the
    /// pinned ones.
    private func verify(
        _ file: URL, _ checkpoints: [URL], isLast: Bool, isGrowing: Bool, inFolderOfLog: Bool = false,
        key: VerifierKey?, _ told: inout Told?
    ) throws(LetheError) -> VerificationReport {
        var own = options
        if let key { own.vkeys = [key] }
        own.checkpoints = checkpoints
        if !isLast { own.notBefore = nil }
        if isGrowing { own.require.remove(.closed) }
        return try LogVerifier(own).verify(file, inFolderOfLog: inFolderOfLog, &told)
    }

    /// The files given with `--checkpoint` by the origin they state; those of none of `origins` go to the last one.
    private func checkpoints(of origins: [String]) throws(LetheError) -> [String: [URL]] {
        var files: [String: [URL]] = [:]
        for file in options.checkpoints {
            let origin = try Self.checkpoint(in: file)?.origin
            files[origin.flatMap { origins.contains($0) ? $0 : nil } ?? origins.last ?? "", default: []].append(file)
        }
        return files
    }

    private typealias Opened = (file: URL, opening: AuditRecord.Opening?)

    /// Each after the one that its `prev_log` names, beginning with those that name none of the others.
    private static func chain(_ logs: [Opened]) -> [Opened] {
        let origins = Set(logs.compactMap { $0.opening?.origin })
        var rest = logs
        var ordered: [Opened] = []
        while let head = rest.firstIndex(where: { log in
            log.opening?.previous.map { !origins.contains($0.origin) } ?? true
        }) {
            ordered.append(rest.remove(at: head))
            while let last = ordered.last?.opening,
                let next = rest.firstIndex(where: { $0.opening?.previous?.origin == last.origin })
            {
                ordered.append(rest.remove(at: next))
            }
        }
        return ordered + rest
    }

    /// A loss that the next segment owned up to is no evidence of tampering any more, but the segment stays unverified.
    private func acknowledgeLosses(_ reports: inout [VerificationReport]) {
        for index in reports.indices.dropLast() {
            guard let previous = reports[index + 1].opening?.previous, previous.lost > 0,
                previous.origin == reports[index].origin
            else { continue }
            reports[index] = reports[index].acknowledging(previous)
            let isSaid = reports[index].failures.contains { $0.code == .shorterThanCheckpoint }
            guard !isSaid else { continue }
            reports[index] = reports[index].adding(
                Finding(
                    .shorterThanCheckpoint, seq: reports[index].records,
                    "the next segment counts \(previous.lost) records of this one as lost", isTampering: false))
        }
    }
}

extension VerificationReport {
    /// Whether `prev_log` names the segment before it as it was found now.
    fileprivate func chained(to before: VerificationReport) -> VerificationReport {
        opening?.previous == nil || names(before)
            ? self : adding(Finding(.link, seq: 0, "prev_log does not name the segment before it as it is now"))
    }

    /// Its `prev_log` is of `before`, as that was found now.
    func names(_ before: VerificationReport) -> Bool {
        guard let previous = opening?.previous else { return false }
        return before.origin == previous.origin && before.records == previous.size && before.root == previous.root
            && (before.lastMac ?? previous.mac) == previous.mac
    }

    /// Whether `prev_log` names what the kept checkpoint of a removed segment states.
    /// One that none of the pinned keys signed has `prev_log` alone to vouch for it.
    fileprivate func checked(against kept: Checkpoint?, _ vkeys: [VerifierKey]) throws(LetheError) -> VerificationReport
    {
        guard let previous = opening?.previous else { return self }
        var verdicts: [SignedNote.SignatureStatus] = []
        for vkey in vkeys { if let kept { verdicts.append(try kept.verdict(vkey.publicKey)) } }
        let isSigned = verdicts.contains(.valid) || verdicts.allSatisfy { $0 == .otherKey }
        let isSame =
            kept?.origin == previous.origin && kept?.size == previous.size
            && Hex.encode(kept?.root.bytes ?? []) == previous.root
        return isSigned && isSame
            ? self
            : adding(
                Finding(
                    .link, seq: 0,
                    kept == nil
                        ? "the segment \(previous.origin) is lost, as a record says: nothing is left of its "
                            + "\(previous.size) records, not even a checkpoint"
                        : "the kept checkpoint of \(previous.origin) is not the one prev_log names"))
    }
}

extension VerificationReport {
    func adding(_ finding: Finding) -> VerificationReport { adding([finding]) }

    func adding(_ findings: [Finding]) -> VerificationReport {
        findings.isEmpty ? self : with(failures + findings, count: failureCount + findings.count)
    }

    /// What the next segment names as lost, and no more than that, is no evidence of tampering any more.
    func acknowledging(_ loss: AuditRecord.PreviousLog) -> VerificationReport {
        let acknowledged = failures.map { finding in
            guard finding.code == .shorterThanCheckpoint, let counted = finding.counted,
                counted <= loss.size + loss.lost
            else { return finding }
            return Finding(
                finding.code, seq: finding.seq,
                "\(finding.message); the next segment counts \(loss.lost) records as lost", isTampering: false)
        }
        return with(acknowledged, count: failureCount)
    }
}
