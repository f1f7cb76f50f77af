import Domain
import Foundation
import Testing

@testable import Audit
@testable import Cryptography

/// Logs of any lines that the format has, those among them that nothing writes yet.
extension SampleLog {
    /// A whole segment of lines as they are made from shapes and the values that are told, in the place of the export, signed by the log's
    /// own key. The first line opens it.
    func sign(_ lines: [(shape: RecordShape, values: [String: String])], opening version: Int = 2) throws {
        let first = try #require(RecordShape.all.first { $0.type == .logOpen && $0.version == version })
        let created = log.created
        let opens = ["origin": created.origin, "vkey": created.vkey, "kid": created.kid].mapValues { "\"\($0)\"" }
        var made: [[UInt8]] = []
        var previous = Digest32()
        for (seq, line) in ([(first, opens)] + lines).enumerated() {
            let bytes = try self.line(line.0, seq: seq, after: previous, values: line.1)
            previous = try #require(
                Hex.decode(String(decoding: bytes.dropLast(2).suffix(64), as: UTF8.self)).flatMap { Digest32($0) })
            made.append(bytes)
        }
        try write(made)
        let checkpoint = try Forger.checkpoint(
            made, origin: created.origin, key: log.location.directory.signingKey())
        try Data(checkpoint.note).write(to: export.deletingLastPathComponent().appending(path: "checkpoint"))
    }

    /// A line of the golden form with a value of its kind for each field, the chain and the mac as a writer with the key makes them.
    private func line(
        _ shape: RecordShape, seq: Int, after previous: Digest32, values: [String: String]
    ) throws -> [UInt8] {
        let head =
            "{\"v\":\(shape.version),\"seq\":\(seq),\"t\":\"2026-01-02T03:04:\(10 + seq).000000Z\",\"ep\":0,\"prev\":"
            + "\"\(Hex.encode(previous.bytes))\",\"type\":\"\(shape.type.rawValue)\""
        let fields = shape.fields.map {
            "\(String(decoding: $0.label, as: UTF8.self))\(values["\($0.name)"] ?? Self.value($0))"
        }
        let signed = Array((head + fields.joined()).utf8)
        let mac = try EpochKey(root: rootKey, origin: log.created.origin).authenticator()
        let seal = try signed.withUnsafeBytes { try mac.authenticate($0) }
        return signed + Array(",\"mac\":\"\(Hex.encode(seal.bytes))\"}".utf8)
    }

    private static func value(_ field: Field) -> String {
        switch field.kind {
        case .text: "\"x\""
        case .hex(let digits): "\"\(String(repeating: "a", count: digits))\""
        case .uuid: "\"00000000-0000-0000-0000-000000000001\""
        case .time: "\"2026-01-02T03:04:05.000000Z\""
        case .count: "0"
        case .boolean: "true"
        case .oneOf(let list): "\"\(list.first)\""
        case .rule: "\"drill\""
        case .pseudonyms: "[]"
        case .object: "null"
        }
    }
}
