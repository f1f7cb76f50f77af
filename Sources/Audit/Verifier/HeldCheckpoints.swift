import Cryptography
import Domain
import Foundation

/// The checkpoints that a log is held against, smallest first, each judged when the log has reached its size.
struct HeldCheckpoints {
    enum Source: Equatable {
        /// Kept by the host beside the log.
        case own
        /// In somebody else's hands: given with `--checkpoint`, or in an anchor directory.
        case held
    }

    /// What is kept of a checkpoint: not the note, which may be long.
    struct Item {
        let origin: String
        let size: Int64
        let root: Digest32
        /// What the pinned key says of it; `nil` where none is pinned.
        let verdict: SignedNote.SignatureStatus?
        let source: Source
        /// As it is called in messages.
        let name: String
        var isGood = false
    }

    private let pinned: VerifierKey?
    private(set) var items: [Item] = []
    private var next = 0

    init(pinned: VerifierKey?) {
        self.pinned = pinned
    }

    mutating func add(_ checkpoint: Checkpoint, _ source: Source, name: String) throws(LetheError) {
        var verdict: SignedNote.SignatureStatus?
        if let pinned { verdict = try checkpoint.verdict(pinned.publicKey) }
        items.append(
            Item(
                origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root, verdict: verdict,
                source: source, name: name))
    }

    /// Call once, before the first `judge`.
    mutating func sort() {
        items.sort { $0.size < $1.size }
    }

    var newest: Item? { items.last }
    var held: [Item] { items.filter { $0.source == .held } }
    /// The largest size that a good checkpoint in somebody else's hands covers.
    var anchored: Int64? { items.last { $0.source == .held && $0.isGood && $0.size > 0 }?.size }

    /// Judges the checkpoints of the size that `judge` has reached.
    mutating func judge(at judge: SegmentJudge) throws(LetheError) {
        guard next < items.count, items[next].size <= judge.count else { return }
        let root = try judge.range.root(judge.hasher)
        while next < items.count, items[next].size == judge.count {
            try judgeItem(next, root: root, judge)
            next += 1
        }
    }

    /// Judges what is left when the log has ended.
    mutating func finish(_ judge: SegmentJudge) throws(LetheError) {
        while next < items.count {
            try judgeItem(next, root: nil, judge)
            next += 1
        }
    }

    private mutating func judgeItem(_ index: Int, root: Digest32?, _ judge: SegmentJudge) throws(LetheError) {
        let item = items[index]
        let before = judge.findings.count
        judgeSignature(item, judge)
        if let root {
            if root != item.root {
                let doubt = items.prefix(index).last { $0.isGood && $0.size < item.size }?.size ?? 0
                let code: Finding.Code = item.source == .held ? .notAPrefix : .root
                judge.note(
                    Finding(
                        code, seq: doubt,
                        "records \(doubt)-\(item.size - 1) are not those that \(item.name) was signed over"))
            }
        } else if judge.isRead {
            judge.note(
                Finding(
                    .shorterThanCheckpoint, seq: judge.count,
                    "\(item.name) counts \(item.size) records, the log has \(judge.count)", counted: item.size))
        }
        items[index].isGood = judge.findings.count == before && judge.isRead && item.verdict == .valid
    }

    private func judgeSignature(_ item: Item, _ judge: SegmentJudge) {
        if let origin = judge.opening?.origin, origin != item.origin {
            judge.note(Finding(.origin, seq: nil, "\(item.name) is of another log: \(item.origin)"))
        }
        switch item.verdict {
        case .valid?, nil: break
        case .forged?: judge.note(Finding(.signature, seq: nil, "the signature of \(item.name) is not valid"))
        case .otherKey?:
            judge.note(Finding(.signature, seq: nil, "\(item.name) is signed by another key than --vkey pins"))
        case .unsigned?:
            judge.note(
                Finding(.signature, seq: nil, "\(item.name) has no signature of this log", isTampering: false))
        }
    }
}
