package import Cryptography
package import Domain

/// Builds the bytes of one line, chained to the one before it, in a buffer that is used again:
///
///     {"v":1,"seq":6,"t":"2026-01-02T03:04:11.000006Z","ep":0,"prev":"<64 hex>","type":"…", …fields… ,"mac":"<64 hex>"}
///      └──────────────────────────── signed bytes: all but the last 74 ────────────────────────────┘
package struct RecordEncoder {
    /// `,"mac":"`, 64 hex digits, `"}`.
    static let sealBytes = 74
    static let longestLine = 65_535

    /// Of every line of the segment.
    let version: Int
    private var json = AsciiJSON(reserving: 1024)

    /// A copy of the line without its LF.
    var line: [UInt8] { json.bytes }
    package var length: Int { json.length }

    /// The line without its LF, in place.
    func withLine<T>(_ body: (UnsafeBufferPointer<UInt8>) throws -> T) throws -> T { try json.withBytes(body) }

    package init(version: Int = 1) {
        self.version = version
    }

    /// Returns the record's mac: the `prev` of the next one.
    package mutating func encode(
        _ record: AuditRecord, seq: Int64, time: Timestamp, epoch: Int64, previous: Digest32, with mac: HMACSHA256
    ) throws(LetheError) -> Digest32 {
        json.removeAll()
        json.begin()
        json.field("v", Int64(version))
        json.field("seq", seq)
        json.field("t", time: time)
        json.field("ep", epoch)
        json.field("prev", hex: previous)
        guard record.encode(into: &json, version) else {
            throw LetheError(
                "audit-format", .failed, "a \(record.type.rawValue) record stands in no segment of version \(version)",
                hint: "lethe audit rollover --reason TEXT")
        }
        guard json.length + Self.sealBytes <= Self.longestLine else {
            throw LetheError(
                "record-too-long", .usage, "a \(record.type.rawValue) record would be longer than 65535 bytes",
                hint: "shorten its texts or split the request")
        }
        let seal = try json.withBytes { bytes throws(LetheError) in
            try mac.authenticate(UnsafeRawBufferPointer(bytes))
        }
        json.field("mac", hex: seal)
        json.end()
        return seal
    }
}

extension AsciiJSON {
    fileprivate mutating func field(_ key: StaticString, hex digest: Digest32) {
        digest.withUnsafeBytes { field(key, hexOf: $0) }
    }
}
