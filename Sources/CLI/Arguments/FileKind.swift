import Domain
import Foundation

/// What a file is by its first bytes, where it is none of a log: whoever mistook it is told the right command.
enum FileKind: String {
    case bundle = "an evidence bundle"
    case certificate = "an erasure certificate"
    case proof = "a proof"
    case page = "a page for people"
    case compressed = "compressed"

    /// `nil` for a log, for whatever is not known, and for what cannot be read.
    init?(of path: String) {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let head = try? file.read(upToCount: 1024) else { return nil }
        let text = String(decoding: head, as: UTF8.self).filter { !$0.isWhitespace }.lowercased()
        if head.count > 262, head[257..<262].elementsEqual("ustar".utf8) {
            self = .bundle
        } else if head.starts(with: [0x1F, 0x8B]) {
            self = .compressed
        } else if text.hasPrefix("{\"approvals\":") {
            self = .certificate
        } else if text.hasPrefix("c2sp.org/tlog-proof@") {
            self = .proof
        } else if text.hasPrefix("<!doctypehtml") {
            self = .page
        } else {
            return nil
        }
    }

    /// Throws `not-a-log` where the file is one of these.
    static func refuseInPlaceOfLog(_ path: String) throws(LetheError) {
        guard let kind = FileKind(of: path) else { return }
        throw LetheError("not-a-log", .usage, "\(path) is \(kind.rawValue), not a log", hint: kind.way(path))
    }

    private func way(_ path: String) -> String {
        switch self {
        case .bundle: "unpack it into an empty folder and begin with its VERIFY.md: sh verify.sh VKEY"
        case .certificate: "lethe requests check-certificate \(path) --vkey VKEY"
        case .proof: "lethe audit check-proof \(path) --vkey VKEY"
        case .page: "a log is audit.db, audit/*.db or an exported log.jsonl: lethe audit export"
        case .compressed: "decompress it first"
        }
    }
}
