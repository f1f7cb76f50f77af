import ArgumentParser
import Audit
import Domain
import Foundation
import LinqClient

struct RequestsCheckCertificate: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-certificate",
        abstract: "Checks a certificate in JSON with the public key alone.",
        discussion: """
            Each cited record must be in the signed log. The certificate is made again from them and from the plans whose \
            digests they have, and must be the same, field by field. What no record proves is listed. Exit 0 it is the \
            same, 1 it is not, 3 it could not be checked whole.

            Example: lethe requests check-certificate statement.json --vkey "$VKEY"
            """)

    @Argument(help: ArgumentHelp("The certificate.", valueName: "file")) var file: String
    @Option(help: ArgumentHelp("The log's public key, which came to you out of band.", valueName: "vkey"))
    var vkey: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let bytes = try ReadInput.bytes(file)
        guard let vkey else {
            throw LetheError(
                "no-vkey", .notVerified, "without --vkey nothing can be verified",
                hint: "pass the key that came with the log out of band: --vkey V")
        }
        let key = try VerifierKey(vkey)
        do {
            try refuseAmbiguousJSON([UInt8](bytes))
        } catch {
            throw CertificateCheck.malformed(error.message)
        }
        let check = try CertificateCheck(bytes, key)
        let (word, result) =
            switch check.status {
            case .done: ("INTACT", "intact")
            case .failed: ("BROKEN", "broken")
            default: ("NOT CHECKED", "not_verified")
            }
        let summary =
            "\(word): \(check.intact) of \(check.records) cited records are in the log, \(counted(check.items, "item"))"
        let stated = "stated, not proved: \(CertificateCheck.stated.joined(separator: ", "))"
        return Reply(
            ([summary] + check.broken + check.unchecked + [stated]).joined(separator: "\n"),
            json: [
                "result": .string(result), "records": JSONValue(check.records), "intact": JSONValue(check.intact),
                "items": JSONValue(check.items), "broken": .array(check.broken.map { .string($0) }),
                "unchecked": .array(check.unchecked.map { .string($0) }),
                "stated": .array(CertificateCheck.stated.map { .string($0) }),
            ], status: check.status)
    }
}
