package import Domain
package import Foundation

/// Verifies a log that may be hostile, whole, in one pass and constant memory: a live database up to the record that is the
/// last when it begins, or an export.
package struct LogVerifier: Sendable {
    package enum Requirement: String, CaseIterable, Sendable {
        case mac, anchor, closed, ledger
    }

    /// What the reviewer has and asks for. Without `vkey` nothing is ever verified: exit 3.
    package struct Options: Sendable {
        /// Several where the signing key was replaced: of each log the one it is signed by, else the first.
        package var vkeys: [VerifierKey]
        /// Several where a rollover made a new one: of each log the one whose kid it states, else the first.
        package var rootKeys: [RootKey]
        /// Files with checkpoints that are in other hands; every one must be a prefix of the log.
        package var checkpoints: [URL]
        /// The newest checkpoint must cover something of this instant or later.
        package var notBefore: Timestamp?
        package var require: Set<Requirement>
        package var now: Timestamp
        /// Anchor directories whose notes count as held; a missing one is shown.
        package var anchors: Anchors
        /// Origins of segments that are not there: which of them do records say were removed?
        var missing: Set<String> = []

        package init(
            vkeys: [VerifierKey] = [], rootKeys: [RootKey] = [], checkpoints: [URL] = [], notBefore: Timestamp? = nil,
            require: Set<Requirement> = [], anchors: [URL] = [], now: Timestamp
        ) {
            self.vkeys = vkeys
            self.rootKeys = rootKeys
            self.checkpoints = checkpoints
            self.notBefore = notBefore
            self.require = require
            self.anchors = Anchors(anchors)
            self.now = now
        }

        /// The key that a log which opens like this is held against.
        func pinned(_ opening: AuditRecord.Opening?) -> VerifierKey? {
            let stated = opening.flatMap { try? VerifierKey($0.vkey) }
            return vkeys.first { $0.publicKey == stated?.publicKey } ?? vkeys.first
        }
    }

    var options: Options

    package init(_ options: Options) {
        self.options = options
    }

    /// A file that begins as SQLite's do, or is named `.db`, is a database, anything else an export whose own checkpoint is the
    /// file `checkpoint` beside it. Throws (status 66) only if the file cannot be opened or read.
    package func verify(_ log: URL) throws(LetheError) -> VerificationReport {
        var before: Told?
        return try verify(log, inFolderOfLog: false, &before)
    }

    /// A segment's origin, and what it told.
    typealias Told = (origin: String, ledger: PlanLedger)

    /// `inFolderOfLog`: the file lies where a segment must, so one that is no database is a finding too. `told`: by the segment before,
    /// afterwards by this one.
    func verify(_ log: URL, inFolderOfLog: Bool, _ told: inout Told?) throws(LetheError) -> VerificationReport {
        let pinned = options.pinned(Self.opening(of: log))
        let judge = try SegmentJudge(
            .init(pinned: pinned, roots: options.rootKeys), missing: options.missing, after: told)
        var held = HeldCheckpoints(pinned: pinned)
        for file in options.checkpoints { try add(file, to: &held, judge) }
        if Self.isDatabase(log) {
            try judgeDatabase(log, judge, &held, inFolderOfLog)
        } else {
            let own = log.deletingLastPathComponent().appending(path: "checkpoint")
            if let note = try DurableFile.read(own) { try addOwn(note, name: "the checkpoint", to: &held, judge) }
            held.sort()
            try judgeExport(log, judge, &held)
        }
        try held.finish(judge)
        told = judge.opening.map { ($0.origin, judge.plans) }
        return ReportBuilder(options: options, judge: judge, held: held).report()
    }

    /// The first 16 bytes of every SQLite file.
    private static let magic = Array("SQLite format 3\0".utf8)

    private static func hasMagic(_ log: URL) -> Bool {
        let start = try? FileHandle(forReadingFrom: log).read(upToCount: magic.count)
        return start.map { Array($0) == magic } ?? false
    }

    private static func isDatabase(_ log: URL) -> Bool { log.pathExtension == "db" || hasMagic(log) }

    /// What the first record of a log states, if it can be read. It chooses among the keys that the reviewer gave and puts
    /// reports in order; nothing is believed for it.
    static func opening(of log: URL) -> AuditRecord.Opening? {
        if isDatabase(log) { return try? LogReader(log).opening() }
        guard case .logOpen(let opening)? = (try? LineFile(log).firstEntry())?.record else { return nil }
        return opening
    }

    private func add(_ file: URL, to held: inout HeldCheckpoints, _ judge: SegmentJudge) throws(LetheError) {
        guard let note = try DurableFile.read(file) else {
            throw LetheError(
                "unreadable-checkpoint", .unreadable, "cannot open \(file.path)",
                hint: "check its name and that you may read it")
        }
        let name = "the held checkpoint \(file.lastPathComponent)"
        guard let checkpoint = try? Checkpoint(note: note) else {
            return judge.note(Finding(.format, seq: nil, "\(name) is not a checkpoint"))
        }
        try held.add(checkpoint, .held, name: name)
    }

    private func addOwn(
        _ note: [UInt8], name: String, to held: inout HeldCheckpoints, _ judge: SegmentJudge
    ) throws(LetheError) {
        if let checkpoint = try? Checkpoint(note: note) { return try held.add(checkpoint, .own, name: name) }
        // The three lines alone are a checkpoint that is not signed yet; anything else was changed.
        let text = String(validating: note, as: UTF8.self)
        let isUnsigned = text.flatMap { CheckpointBody($0) } != nil && note.count { $0 == 10 } == 3
        judge.note(
            Finding(
                isUnsigned ? .signature : .format, seq: nil,
                isUnsigned ? "\(name) has no signature" : "\(name) is not a signed checkpoint",
                isTampering: !isUnsigned))
    }

    private func judgeExport(
        _ log: URL, _ judge: SegmentJudge, _ held: inout HeldCheckpoints
    ) throws(LetheError) {
        judge.coveredSize = held.newest?.size ?? 0
        try held.judge(at: judge)
        var checkpoints = held
        try LineFile(log).forEachLine { line, isWhole throws(LetheError) in
            if !isWhole {
                judge.note(Finding(.format, seq: judge.count, "the last line does not end in LF"))
            }
            try judge.judge(line)
            try checkpoints.judge(at: judge)
        }
        held = checkpoints
    }
}

// MARK: - Databases

extension LogVerifier {
    private func judgeDatabase(
        _ log: URL, _ judge: SegmentJudge, _ held: inout HeldCheckpoints, _ inFolderOfLog: Bool
    ) throws(LetheError) {
        var checkpoints = held
        do throws(LetheError) {
            let store = try LogStore(log, writable: false)
            guard try store.hasExpectedSchema() else { throw Self.otherTables }
            try judgeTables(store, judge, &checkpoints)
        } catch {
            // A file that SQLite wrote and cannot read was changed by something else. A file that is none cannot be judged.
            let isFolder = inFolderOfLog && (try? log.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true
            guard error.code == Self.otherTables.code || error.code == "corrupt-log" || isFolder else { throw error }
            guard Self.hasMagic(log) || inFolderOfLog else { throw Self.noDatabase(log) }
            judge.cannotRead(Finding(.schema, seq: nil, error.message))
            checkpoints.sort()
        }
        held = checkpoints
    }

    /// Nothing is read from tables that may be views.
    private static let otherTables = LetheError(
        "audit-schema", .failed, "the tables of the database are not those that lethe made")

    private static func noDatabase(_ log: URL) -> LetheError {
        LetheError(
            "unreadable-log", .unreadable, "\(log.path) is not an SQLite database",
            hint: "name a segment's database, or an exported log.jsonl")
    }

    private func judgeTables(
        _ store: LogStore, _ judge: SegmentJudge, _ held: inout HeldCheckpoints
    ) throws(LetheError) {
        // Checkpoints first: every one of them counts records that are there when the pass begins.
        var own = held
        try store.checkpointNotes { size, note in
            let before = own.items.count
            try addOwn(note, name: "the checkpoint of size \(size)", to: &own, judge)
            if own.items.count > before, own.items.last?.size != size {
                judge.note(Finding(.format, seq: nil, "the checkpoint of size \(size) states another size"))
            }
        }
        try addAnchors(store, to: &own)
        own.sort()
        judge.coveredSize = own.newest?.size ?? 0
        try own.judge(at: judge)
        if let seqs = try store.seqs() {
            try store.lines(seqs) { seq, line in
                try judge.judge(line, storedSeq: seq)
                try own.judge(at: judge)
            }
        }
        held = own
    }

    /// The notes of this log in the anchor directories, but those that were given one by one.
    private func addAnchors(_ store: LogStore, to held: inout HeldCheckpoints) throws(LetheError) {
        guard let opening = try? LogReader.opening(store) else { return }
        let given = Set(options.checkpoints.map(\.standardizedFileURL))
        for (file, checkpoint) in options.anchors.checkpoints(of: opening.origin)
        where !given.contains(file.standardizedFileURL) {
            try held.add(checkpoint, .held, name: "the anchor \(file.lastPathComponent)")
        }
    }
}
