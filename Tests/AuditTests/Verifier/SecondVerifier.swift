import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// `verify.py`: written from the format's text in another language. What it says of a log, and whether Lethe says the same.
enum SecondVerifier {
    static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "verify.py")

    struct Request {
        let log: URL
        let vkey: VerifierKey?
        let rootKey: RootKey?
        let checkpoints: [URL]
    }

    struct Answer: Decodable {
        let exit: Int32
        let records: Int64
        let failures: [Failure]

        struct Failure: Decodable, Hashable {
            let seq: Int64?
            let code: String
        }

        /// The same exit status, and the same first record of each kind of finding.
        func agrees(with report: VerificationReport) -> Bool {
            exit == report.exit.rawValue && records == report.records
                && SecondVerifier.firsts(failures.map { ($0.code, $0.seq) })
                    == SecondVerifier.firsts(report.failures.map { ($0.code.rawValue, $0.seq) })
        }
    }

    /// Judges all of `requests` in one process; `folder` takes what is handed over.
    static func judge(_ requests: [Request], in folder: URL) throws -> [Answer] {
        var lines = AsciiJSON(reserving: 1 << 16)
        for request in requests {
            lines.begin()
            lines.field("log", request.log.path)
            lines.field("vkey", request.vkey?.text)
            lines.field("root_key", request.rootKey.map { Hex.encode($0.secret.withUnsafeBytes(Array.init)) })
            lines.field("checkpoints", request.checkpoints.map(\.path))
            lines.endLine()
        }
        try Data(lines.bytes).write(to: folder.appending(path: "requests"))
        let output = try Shell.run("python3 '\(script.path)' --batch < requests", in: folder)
        #expect(output.status == 0, "\(output.text)")
        return try output.text.split(separator: "\n").map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
    }

    /// The first seq of each code; the three faults of a line count as one.
    private static func firsts(_ pairs: [(String, Int64?)]) -> [String: Int64?] {
        var found: [String: Int64?] = [:]
        for (code, seq) in pairs {
            let name = ["json", "format", "schema"].contains(code) ? "line" : code
            // Where a checkpoint is not met, only that it is so is compared.
            let place = ["root", "not-a-prefix", "line"].contains(name) ? nil : seq
            if found[name] == nil { found[name] = .some(place) }
        }
        return found
    }
}
