package import Domain
package import Foundation

/// Verifies a log that may be hostile, whole, in one pass and constant memory: a live database up to the record that is the
/// last when it begins, or an export.
package struct LogVerifier: Sendable {
    package enum Requirement: String, CaseIterable, Sendable {
        case mac, anchor, closed
    }

    /// What the reviewer has and asks for. Without `vkey` nothing is ever verified: exit 3.
    package struct Options: Sendable {
        package var vkey: VerifierKey?
        package var rootKey: RootKey?
        /// Files with checkpoints that are in other hands; every one must be a prefix of the log.
        package var checkpoints: [URL]
        /// The newest checkpoint may be so old at most, in microseconds.
        package var maxAge: Int64?
        package var require: Set<Requirement>
        package var now: Timestamp
        /// Anchor directories whose notes count as held; a missing one is shown.
        package var anchors: Anchors

        package init(
            vkey: VerifierKey? = nil, rootKey: RootKey? = nil, checkpoints: [URL] = [], maxAge: Int64? = nil,
            require: Set<Requirement> = [], anchors: [URL] = [], now: Timestamp
        ) {
            self.vkey = vkey
            self.rootKey = rootKey
            self.checkpoints = checkpoints
            self.maxAge = maxAge
            self.require = require
            self.anchors = Anchors(anchors)
            self.now = now
        }
    }

    let options: Options

    package init(_ options: Options) {
        self.options = options
    }

    /// A name that ends in `.db` is a database, anything else an export whose own checkpoint is the file `checkpoint`
    /// beside it. Throws (status 66) only if the file cannot be opened or read.
    package func verify(_ log: URL) throws(LetheError) -> VerificationReport {
        let judge = try SegmentJudge(.init(pinned: options.vkey, root: options.rootKey))
        var held = HeldCheckpoints()
        let isDatabase = log.pathExtension == "db"
        for file in options.checkpoints { try add(file, to: &held, judge) }
        if isDatabase {
            try judgeDatabase(log, judge, &held)
        } else {
            let own = log.deletingLastPathComponent().appending(path: "checkpoint")
            if let note = try DurableFile.read(own) { addOwn(note, name: "the checkpoint", to: &held, judge) }
            held.sort()
            try judgeExport(log, judge, &held)
        }
        try held.finish(judge)
        return ReportBuilder(options: options, judge: judge, held: held).report()
    }

    private func add(_ file: URL, to held: inout HeldCheckpoints, _ judge: SegmentJudge) throws(LetheError) {
        guard let note = try DurableFile.read(file) else {
            throw LetheError(
                "unreadable-checkpoint", .unreadable, "cannot open \(file.path)",
                hint: "check its name and that you may read it")
        }
        let name = "the held checkpoint \(file.lastPathComponent)"
        do throws(LetheError) {
            held.add(try Checkpoint(note: note), .held, name: name)
        } catch {
            judge.note(Finding(.format, seq: nil, "\(name) is not a checkpoint"))
        }
    }

    private func addOwn(_ note: [UInt8], name: String, to held: inout HeldCheckpoints, _ judge: SegmentJudge) {
        do throws(LetheError) {
            held.add(try Checkpoint(note: note), .own, name: name)
        } catch {
            // The three lines alone are a checkpoint that is not signed yet; anything else was changed.
            let text = String(validating: note, as: UTF8.self)
            let isUnsigned = text.flatMap { CheckpointBody($0) } != nil && note.count { $0 == 10 } == 3
            judge.note(
                Finding(
                    isUnsigned ? .signature : .format, seq: nil,
                    isUnsigned ? "\(name) has no signature" : "\(name) is not a signed checkpoint",
                    isTampering: !isUnsigned))
        }
    }

    private func judgeExport(
        _ log: URL, _ judge: SegmentJudge, _ held: inout HeldCheckpoints
    ) throws(LetheError) {
        judge.coveredSize = held.newest?.checkpoint.size ?? 0
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
        _ log: URL, _ judge: SegmentJudge, _ held: inout HeldCheckpoints
    ) throws(LetheError) {
        let store = try LogStore(log, writable: false)
        guard try store.hasExpectedSchema() else {
            // Nothing is read from tables that may be views.
            judge.note(Finding(.schema, seq: nil, "the tables of the database are not those that lethe made"))
            held.sort()
            return
        }
        // Checkpoints first: every one of them counts records that are there when the pass begins.
        for (size, note) in try store.checkpointNotes() {
            let before = held.items.count
            addOwn(note, name: "the checkpoint of size \(size)", to: &held, judge)
            if held.items.count > before, held.newest?.checkpoint.size != size {
                judge.note(Finding(.format, seq: nil, "the checkpoint of size \(size) states another size"))
            }
        }
        try addAnchors(store, to: &held, judge)
        held.sort()
        judge.coveredSize = held.newest?.checkpoint.size ?? 0
        try held.judge(at: judge)
        guard let seqs = try store.seqs() else { return }
        var checkpoints = held
        try store.lines(seqs) { seq, line in
            try judge.judge(line, storedSeq: seq)
            try checkpoints.judge(at: judge)
        }
        held = checkpoints
    }

    /// The notes of this log in the anchor directories.
    private func addAnchors(
        _ store: LogStore, to held: inout HeldCheckpoints, _ judge: SegmentJudge
    ) throws(LetheError) {
        guard let opening = try? LogReader.opening(store) else { return }
        let given = Set(options.checkpoints.map(\.standardizedFileURL))
        for file in options.anchors.notes(of: opening.origin) where !given.contains(file.standardizedFileURL) {
            try add(file, to: &held, judge)
        }
    }
}
