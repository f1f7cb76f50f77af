import ArgumentParser
import Audit
import Domain
import Foundation
import LinqClient

struct RequestsCheckCertificate: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-certificate",
        abstract: "Checks a certificate in JSON with the log's public keys alone.",
        discussion: """
            Each cited record must be in the signed log. The certificate is made again from them and from the plans whose \
            digests they have, and must be the same, field by field. What no record proves is listed. Exit 0 it is the \
            same, 1 it is not, 3 it could not be checked whole.

            Example: lethe requests check-certificate statement.json --vkey "$VKEY"
            """)

    @Argument(help: ArgumentHelp("The certificate.", valueName: "file")) var file: String
    @OptionGroup var pinned: PinnedKeys
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let bytes = try ReadInput.bytes(file)
        let keys = try pinned.keys()
        do {
            try refuseAmbiguousJSON([UInt8](bytes))
        } catch {
            throw CertificateCheck.malformed(error.message)
        }
        let check = try CertificateCheck(bytes, keys)
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
