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

    struct Item {
        let checkpoint: Checkpoint
        let source: Source
        /// As it is called in messages.
        let name: String
        var isGood = false
    }

    private(set) var items: [Item] = []
    private var next = 0

    mutating func add(_ checkpoint: Checkpoint, _ source: Source, name: String) {
        items.append(Item(checkpoint: checkpoint, source: source, name: name))
    }

    /// Call once, before the first `judge`.
    mutating func sort() {
        items.sort { $0.checkpoint.size < $1.checkpoint.size }
    }

    var newest: Item? { items.last }
    var held: [Item] { items.filter { $0.source == .held } }
    /// The largest size that a good checkpoint in somebody else's hands covers.
    var anchored: Int64? { items.last { $0.source == .held && $0.isGood }?.checkpoint.size }

    /// Judges the checkpoints of the size that `judge` has reached.
    mutating func judge(at judge: SegmentJudge) throws(LetheError) {
        guard next < items.count, items[next].checkpoint.size <= judge.count else { return }
        let root = try judge.range.root(judge.hasher)
        while next < items.count, items[next].checkpoint.size == judge.count {
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
        try judgeSignature(item, judge)
        if let root {
            if root != item.checkpoint.root {
                let doubt = items.prefix(index).last { $0.isGood }?.checkpoint.size ?? 0
                let code: Finding.Code = item.source == .held ? .notAPrefix : .root
                judge.findings.add(
                    Finding(
                        code, seq: doubt,
                        "records \(doubt)-\(item.checkpoint.size - 1) are not those that \(item.name) was signed over"))
            }
        } else {
            judge.findings.add(
                Finding(
                    .shorterThanCheckpoint, seq: judge.count,
                    "\(item.name) counts \(item.checkpoint.size) records, the log has \(judge.count)"))
        }
        items[index].isGood = judge.findings.count == before && judge.keys.pinned != nil
    }

    private func judgeSignature(_ item: Item, _ judge: SegmentJudge) throws(LetheError) {
        if let origin = judge.opening?.origin, origin != item.checkpoint.origin {
            judge.findings.add(Finding(.origin, seq: nil, "\(item.name) is of another log: \(item.checkpoint.origin)"))
        }
        guard let pinned = judge.keys.pinned else { return }
        switch try item.checkpoint.verdict(pinned.publicKey) {
        case .valid: break
        case .forged: judge.findings.add(Finding(.signature, seq: nil, "the signature of \(item.name) is not valid"))
        case .otherKey:
            judge.findings.add(
                Finding(.signature, seq: nil, "\(item.name) is signed by another key than --vkey pins"))
        case .unsigned:
            judge.findings.add(
                Finding(.signature, seq: nil, "\(item.name) has no signature of this log", isTampering: false))
        }
    }
}
