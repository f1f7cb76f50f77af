import Cryptography
import Domain
import Foundation

/// Segments whose key is none of the pinned ones, as after a loss of the keys: the next segment's `log.open`, which its own signature
/// covers, names them by size, root and mac, and so also their first record and the key in it.
///
/// Such a key is believed only where each pinned one signs a segment that is here: else who laid other records in the place of an old
/// segment, under a key of his own, before the keys were lost, would be vouched for together with them. And nothing goes forward:
/// whoever takes the keys away can begin a segment with new ones, so what an old key signed vouches for no later one.
struct Vouching {
    /// Of segments that a later one names, by origin: the key that the first record states.
    private var keys: [String: VerifierKey] = [:]

    init(_ pinned: [VerifierKey], _ openings: [AuditRecord.Opening?], kept: [Checkpoint] = []) {
        let stated = openings.compactMap { $0 }.compactMap { opening in
            (try? VerifierKey(opening.vkey)).map { (origin: opening.origin, key: $0) }
        }
        let isEachInUse = pinned.allSatisfy { pin in
            stated.contains { $0.key.publicKey == pin.publicKey } || kept.contains { $0.isSigned(by: pin) }
        }
        guard !pinned.isEmpty, isEachInUse else { return }
        let named = Set(openings.compactMap { $0?.previous?.origin })
        for (origin, key) in stated
        where named.contains(origin) && !pinned.contains(where: { $0.publicKey == key.publicKey })
            && pinned.contains(where: { LogOrigin.name($0.name) ?? $0.name == LogOrigin.name(origin) })
        {
            keys[origin] = key
        }
    }

    /// The key to hold a segment against in place of the pinned ones; `nil` = one of those.
    func key(of origin: String?) -> VerifierKey? { origin.flatMap { keys[$0] } }

    /// Says of each segment that was held against such a key who vouches for it, the newest first. `reports` are oldest first.
    func judge(_ reports: inout [VerificationReport]) {
        for index in reports.indices.reversed() where key(of: reports[index].origin) != nil {
            let report = reports[index]
            let next = reports[(index + 1)...].last { $0.opening?.previous?.origin == report.origin }
            if let next, let name = next.origin, next.result != .tampered, next.covered > 0, next.names(report) {
                reports[index] = report.vouched(by: name)
            } else {
                reports[index] = report.vouched(by: nil).adding(
                    Finding(
                        .signature, seq: nil,
                        "it is signed by a key that is not pinned, and nothing that a pinned key signed names it as it is"
                    ))
            }
        }
    }
}
