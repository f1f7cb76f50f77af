import Domain

/// The tables of an erasure certificate.
enum CertificateTables {
    private static let whole = "the JSON form of this statement has them all"

    static func outcomes(_ certificate: Certificate) -> Table {
        let summary = certificate.summary
        let outcomes = Outcome.allCases.filter { summary.outcomes[$0] > 0 }
        return Table(
            "By outcome", [.word("Outcome"), .number("Items"), .number("Bytes"), .text("Meaning")],
            outcomes.map {
                [
                    .mark($0.mark, $0.words), .number(summary.outcomes[$0]), .bytes(summary.bytes[$0.rawValue]),
                    .text($0.meaning),
                ]
            },
            total: [.text("Total"), .number(summary.items), .bytes(summary.bytes.values.reduce(0, +)), .text("")],
            whenEmpty: summary.statement)
    }

    static func items(_ values: CertificateValues) -> Table {
        var table = Table(
            "Every item",
            [
                .word("Attachment"), .word("Outcome"), .word("When"), .number("Bytes"), .word("Grade"),
                .number("Tries"),
                .word("Answer"), .text("Trace"),
            ],
            values.items.map {
                [
                    .code($0.attachment.description), .mark($0.outcome.mark, $0.outcome.words), .text($0.at?.minute),
                    .bytes($0.bytes), .text($0.grade?.rawValue), .number($0.attempts), .text($0.lastAnswer),
                    .code($0.trace),
                ]
            },
            whenEmpty: "None.")
        table.whole = whole
        return table
    }

    /// What stays for now, one by one, with its ground and its end; no table where nothing does.
    static func withheld(_ values: CertificateValues) -> [Table] {
        let items = values.items.filter { $0.outcome.group == .withheld }
        guard !items.isEmpty else { return [] }
        var table = Table(
            "Withheld, and why",
            [.word("Attachment"), .word("Outcome"), .text("Ground"), .word("Ends")],
            items.map {
                [
                    .code($0.attachment.description), .mark(.plain, $0.outcome.words), .text($0.ground),
                    .text($0.ends?.date ?? "when it is lifted"),
                ]
            })
        table.whole = whole
        return [table]
    }

    static func fields(_ certificate: Certificate) -> Table {
        Table(
            "Fields of the certificate of NIST SP 800-88r2", [.text("Field"), .text("For an object behind an API")],
            certificate.sanitization.map { [.text($0.field), .text($0.value)] })
    }

    static func records(_ proof: CertificateValues.Proof) -> Table {
        var table = Table(
            "Records of the log that this rests on", [.number("Record"), .word("Proof"), .text("Line")],
            proof.records.map {
                [
                    .text(String($0.seq)),
                    .mark($0.inclusion == nil ? .unsure : .good, $0.inclusion == nil ? "none yet" : "yes"),
                    .code($0.line),
                ]
            },
            whenEmpty: "No record is attached.")
        table.limit = 40
        table.whole = whole
        return table
    }

    static func coverage(_ coverage: CertificateValues.Coverage) -> String {
        let extent =
            switch coverage.extent {
            case .complete:
                "The inventory and the vendor's listings of every chat with the data subject were walked whole."
            case .partial:
                "The vendor's listings could not be read whole: there may be attachments that are not named here."
            case .offline: "Only the inventory was asked, not the vendor: it holds what was delivered or listed so far."
            }
        let parts = coverage.unreadable.map {
            "\(counted($0.parts, "part")) of message \($0.message) in chat \($0.chat)"
        }
        let unreadable =
            parts.isEmpty
            ? ""
            : " What names a file in a way that cannot be read, so that it may still be there: \(parts.joined(separator: "; "))."
        return extent + unreadable
            + " Media items without an attachment id that the API cannot delete: \(coverage.unaddressable). "
            + "Attachments of the whole account that were uploaded or sent by us to nobody knows whom, and may have gone to "
            + "anyone: \(coverage.recipientUnknown)."
            + (coverage.lostPlans.map { " Plans of this request that were lost with what they listed: \($0)." } ?? "")
    }
}
