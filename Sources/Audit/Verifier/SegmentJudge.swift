import Cryptography
import Domain

/// Judges the lines of one segment one after the other, in constant memory. It believes no line: position picks the seq,
/// the epoch and the key.
final class SegmentJudge {
    struct Keys {
        let pinned: VerifierKey?
        let roots: [RootKey]
    }

    let keys: Keys
    let hasher: TreeHasher
    var findings = Findings()

    /// Lines so far: also the position of the line being read.
    private(set) var count: Int64 = 0
    private(set) var range = CompactRange()
    private(set) var opening: AuditRecord.Opening?
    private(set) var firstTime: Int64?
    private(set) var lastTime: Int64 = .min
    private(set) var lastMac: Digest32?
    private(set) var ledger = OperationLedger()
    private(set) var plans = PlanLedger()
    /// Lines without any finding of their own.
    private(set) var good: Int64 = 0
    /// The last record is a seal and the one before it `log.close`.
    private(set) var isClosed = false
    /// Of the segments that are missing those that a record says were removed, each with the place of that record.
    private(set) var removals: [String: Int64] = [:]
    private(set) var macs: MacJudge
    private(set) var isRead = true
    /// The size of the newest checkpoint, and the time of the last record it covers.
    var coveredSize: Int64 = 0
    private(set) var coveredTime: Int64?

    private var parser = LineParser()
    /// Of the first line that could be read, and so of all.
    private var version: Int?
    private var expectedSeq: Int64 = 0
    private var epoch: Int64 = 0
    private var recordsInEpoch: Int64 = 0
    /// A line that could not be read might have been a seal.
    private var isEpochCertain = true
    private var previousType: RecordType?
    private let missing: Set<String>
    private let before: (origin: String, ledger: PlanLedger)?

    /// `before`: what the segment before this one told.
    init(
        _ keys: Keys, missing: Set<String> = [], after before: (origin: String, ledger: PlanLedger)? = nil
    ) throws(LetheError) {
        self.keys = keys
        self.before = before
        self.missing = missing
        hasher = try TreeHasher()
        macs = MacJudge(roots: keys.roots)
    }

    /// Without its LF. `storedSeq` is the row's key where the line comes from a database.
    func judge(_ line: UnsafeBufferPointer<UInt8>, storedSeq: Int64? = nil) throws(LetheError) {
        try range.append(leaf: hasher.leaf(line), hasher)
        let before = findings.count
        do throws(LineFault) {
            try parser.parse(line, explaining: findings.count < Findings.limit)
            guard parser.version == version ?? parser.version else {
                throw LineFault.schema("a line of version \(parser.version) in a segment of version \(version ?? 0)")
            }
            version = parser.version
            try judgeRecord(line, storedSeq)
        } catch {
            unreadable(line, error)
        }
        count += 1
        if count == coveredSize { coveredTime = lastTime == .min ? nil : lastTime }
        if findings.count == before { good += 1 }
    }

    /// A fault that is not of one record: of the file, of a checkpoint, of a last line without LF.
    func note(_ finding: Finding) { findings.add(finding) }

    /// The source of lines gave up, so nothing can be said of those that did not come.
    func cannotRead(_ finding: Finding) {
        isRead = false
        note(finding)
    }

    private func unreadable(_ line: UnsafeBufferPointer<UInt8>, _ fault: LineFault) {
        let code: Finding.Code =
            switch fault {
            case .json: .json
            case .format: .format
            case .schema: .schema
            }
        add(code, "record \(expectedSeq): \(fault.message)")
        // The chain can go on if the end of the line is where it should be.
        let digits = line.dropLast(2).suffix(64)
        lastMac = Hex.decode(String(decoding: digits, as: UTF8.self)).flatMap { Digest32($0) }
        expectedSeq += 1
        recordsInEpoch += 1
        isEpochCertain = false
        previousType = nil
        isClosed = false
        plans.forget()
    }

    private func add(_ code: Finding.Code, _ message: String) {
        findings.add(Finding(code, seq: expectedSeq, message))
    }

    private func judgeRecord(_ line: UnsafeBufferPointer<UInt8>, _ storedSeq: Int64?) throws(LineFault) {
        let values = RecordValues(line, parser)
        let type = values.type
        judgeOrder(line, storedSeq)
        judgeEpoch()
        judgeTime(values)
        if count == 0 || type == .logOpen { try judgeOpening(values) }
        judgeOperation(values)
        if type == .operatorAct, !missing.isEmpty { noteRemoval(values) }
        let mac = parser.digest(parser.mac, line)
        let failure = macs.judge(
            line, values, mac: mac, seq: expectedSeq, epoch: epoch, origin: opening?.origin)
        if let failure { findings.add(failure) }
        lastMac = mac
        isClosed = type == .epochSeal && previousType == .logClose
        previousType = type
        expectedSeq += 1
        recordsInEpoch += 1
        if type == .epochSeal { judgeSeal(values[.n].integer) }
    }

    private func judgeOrder(_ line: UnsafeBufferPointer<UInt8>, _ storedSeq: Int64?) {
        let expectedPrevious = count == 0 ? Digest32() : lastMac
        if let storedSeq, storedSeq != parser.seq {
            add(.seq, "row \(storedSeq) holds record \(parser.seq)")
        } else if parser.seq != expectedSeq {
            add(.seq, "expected record \(expectedSeq), found record \(parser.seq)")
            plans.forget()
        } else if let expectedPrevious, parser.digest(parser.previous, line) != expectedPrevious {
            add(.link, "record \(expectedSeq) does not follow from the record before it")
            plans.forget()
        }
        // Goes on from what is there, so that one gap is one finding.
        expectedSeq = parser.seq
    }

    private func judgeEpoch() {
        if parser.epoch != epoch {
            if isEpochCertain || parser.epoch != epoch + 1 {
                add(.epoch, "record \(expectedSeq) states epoch \(parser.epoch) in epoch \(epoch)")
            } else {
                epoch += 1
                recordsInEpoch = 0
            }
        }
        isEpochCertain = true
    }

    private func judgeTime(_ values: RecordValues) {
        if values.type == .clockStep {
            if (try? Timestamp(values[.from]))?.microseconds != lastTime {
                add(.clock, "record \(expectedSeq) does not name the time the clock went back from")
            }
        } else if parser.time < lastTime {
            add(.clock, "the clock goes back at record \(expectedSeq) without clock.step")
        }
        if firstTime == nil { firstTime = parser.time }
        lastTime = parser.time
    }

    private func judgeSeal(_ stated: Int64) {
        if stated != recordsInEpoch {
            findings.add(
                Finding(
                    .epoch, seq: expectedSeq - 1,
                    "record \(expectedSeq - 1) seals \(stated) records, the epoch has \(recordsInEpoch)"))
        }
        epoch += 1
        recordsInEpoch = 0
    }
}

// MARK: - What a record says

extension SegmentJudge {
    private func judgeOpening(_ values: RecordValues) throws(LineFault) {
        guard count == 0 else { return add(.origin, "record \(expectedSeq) opens the log again") }
        guard values.type == .logOpen else { return add(.origin, "the log does not begin with log.open") }
        guard let found = try? AuditRecord.Opening(values.all, parser.version) else { return }
        opening = found
        if let previous = found.previous { plans.begin(after: previous, before) }
        guard let name = LogOrigin.name(found.origin), let vkey = try? VerifierKey(found.vkey),
            vkey.name == found.origin, found.previous.map({ LogOrigin.name($0.origin) != nil }) ?? true
        else { return add(.origin, "log.open does not name its own origin and key") }
        guard let pinned = keys.pinned else { return }
        if name != (LogOrigin.name(pinned.name) ?? pinned.name) {
            add(.origin, "this is not a log of \(pinned.name), which --vkey pins")
        } else if vkey.publicKey != pinned.publicKey {
            add(.origin, "log.open names another signing key than --vkey pins")
        }
    }

    private func noteRemoval(_ values: RecordValues) {
        let origin = values[.ref].text
        if values[.act].text == AuditRecord.OperatorAct.Kind.segmentRemove.rawValue, missing.contains(origin) {
            removals[origin] = count
        }
    }

    private func judgeOperation(_ values: RecordValues) {
        var misplaced: String?
        if isClosed || (previousType == .logClose && values.type != .epochSeal) {
            misplaced = "follows the end of its segment"
        } else if values.type == .logClose, ledger.operations.open > 0 {
            misplaced = "closes the segment over an intent without an answer"
        }
        let answer = ledger.enter(values)
        if let problem = plans.enter(values, answer, misplaced: misplaced) {
            add(.ledger, "record \(expectedSeq) \(problem)")
        }
        if answer?.hasIntent == false {
            add(.outcomeWithoutIntent, "record \(expectedSeq) is an outcome without an intent")
        }
    }
}
