import Domain
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// The golden log, made by another program from the text of the format.
struct Golden {
    struct Values: Decodable {
        let origin: String
        let rootKey: String
        let kid: String
        let epochKeys: [String]
        let macKeys: [String]
        let ed25519Seed: String
        let vkey: String
        let records: [Record]
        let roots: [String: String]
        let inclusion: [String: [String]]

        struct Record: Decodable {
            let seq: Int
            let ep: Int
            let mac: String
            let leaf: String
        }
    }

    let folder: URL
    let values: Values

    init() throws {
        folder = try #require(Paths.vectors).appending(path: "lethe-golden")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        values = try decoder.decode(Values.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
    }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    /// The lines without their LF.
    func lines() throws -> [[UInt8]] { try bytes("log.jsonl").split(separator: 10).map(Array.init) }

    func rootKey() throws -> RootKey { try RootKey(text: SecretBytes(copying: Array(values.rootKey.utf8))) }

    func signingKey() throws -> Ed25519.SigningKey {
        try Ed25519.SigningKey(seed: SecretBytes(copying: #require(Hex.decode(values.ed25519Seed))))
    }
}

/// A clock that a test turns by hand; it does not move by itself.
final class HandClock: TimeSource {
    private let value: Mutex<Timestamp>

    init(_ start: Timestamp = Timestamp(seconds: 1_767_323_045)) { value = Mutex(start) }

    func now() -> Timestamp { value.withLock { $0 } }
    func sleep(microseconds: Int64) async { advance(microseconds) }
    func advance(_ microseconds: Int64) { value.withLock { $0 = $0.adding(microseconds: microseconds) } }
    func set(_ time: Timestamp) { value.withLock { $0 = time } }
}
