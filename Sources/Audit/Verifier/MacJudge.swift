import Cryptography
import Domain

/// Holds the macs of a segment against the root key. The key of each record follows from its position alone.
struct MacJudge {
    private let roots: [RootKey]
    private var key: EpochKey?
    private var authenticator: HMACSHA256?
    private(set) var checked: Int64 = 0
    private(set) var good: Int64 = 0
    private(set) var lastEpoch: Int64 = 0
    /// The `kid` of `log.open` is another key's. Whether that is a wrong key or a changed record shows only when no other
    /// record verifies either.
    private(set) var foreignKid: String?
    /// Set when the keys could not be derived at all.
    private(set) var isUnusable = false

    /// `roots`: the one that the log states is taken, else the first.
    init(roots: [RootKey]) {
        self.roots = roots
    }

    /// Where this is true the log was made with another key, and nothing can be said of its macs.
    var isWrongKey: Bool { foreignKid != nil && good == 0 }

    /// The root key's own kid.
    var givenKid: String? { roots.first.flatMap { try? $0.kid() } }

    /// `mac`: what the line states.
    mutating func judge(
        _ line: UnsafeBufferPointer<UInt8>, _ values: RecordValues, mac: Digest32?, seq: Int64, epoch: Int64,
        origin: String?
    ) -> Finding? {
        guard let first = roots.first, !isUnusable else { return nil }
        do throws(LetheError) {
            if key == nil {
                guard let origin else {
                    isUnusable = true
                    return nil
                }
                let kid = values[.kid].text
                let stated = roots.first { (try? $0.kid()) == kid }
                let root = stated ?? first
                if stated == nil { foreignKid = kid }
                key = try EpochKey(root: root, origin: origin)
                authenticator = try key?.authenticator()
            }
            try advance(to: epoch)
            guard let authenticator, let mac else { return nil }
            let signed = UnsafeRawBufferPointer(line).prefix(line.count - RecordEncoder.sealBytes)
            checked += 1
            if constantTimeEqual(try authenticator.authenticate(UnsafeRawBufferPointer(rebasing: signed)), mac) {
                good += 1
                return nil
            }
        } catch {
            isUnusable = true
            return nil
        }
        guard foreignKid == nil || good > 0 else { return nil }
        return Finding(.mac, seq: seq, "content of record \(seq) differs from what was written")
    }

    private mutating func advance(to epoch: Int64) throws(LetheError) {
        guard let key, epoch > key.epoch else { return }
        let next = try key.next()
        authenticator = try next.authenticator()
        self.key = next
        lastEpoch = next.epoch
        try advance(to: epoch)
    }
}
