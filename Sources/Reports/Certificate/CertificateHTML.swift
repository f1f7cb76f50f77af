package import Domain

/// The erasure certificate as one HTML file, made for paper.
package enum CertificateHTML {
    package static func render(_ certificate: Certificate) throws(LetheError) -> String {
        try Page("certificate", Asset.certificate).render(CertificateView(certificate))
    }
}

private struct CertificateView: Sendable {
    struct Fact: Sendable {
        var label: String
        var statement: String
    }

    var style = Asset.sharedStyle + Asset.certificateStyle
    var subtitle: String
    var statement: String
    var facts: [Fact]
    var outcomes: [TableView]
    var reaches: [String]
    var misses: [String]
    var operation: String
    var coverage: String
    var fields: [TableView]
    var items: [TableView]
    var records: [TableView]
    var checkpoint: String?
    var origin: String
    var vkey: String
    var colophon: String

    init(_ certificate: Certificate) {
        let values = certificate.values
        subtitle = plain("Request \(values.request.id), issue \(values.issue), \(values.issued.brief)")
        statement = plain(certificate.summary.statement)
        facts = Self.facts(values).map { Fact(label: $0.0, statement: plain($0.1)) }
        outcomes = [TableView(CertificateTables.outcomes(certificate))]
        reaches = certificate.method.reaches
        misses = certificate.method.doesNotReach
        operation = certificate.method.operation
        coverage = CertificateTables.coverage(values.coverage)
        fields = [TableView(CertificateTables.fields(certificate))]
        items = [TableView(CertificateTables.items(values))] + CertificateTables.withheld(values).map(TableView.init)
        records = [TableView(CertificateTables.records(values.proof))]
        checkpoint = values.proof.checkpoint.map(plain)
        origin = plain(values.proof.origin)
        vkey = plain(values.proof.vkey)
        colophon = plain(
            "Made by \(values.tool). This statement is evidence, not a certification. Its JSON form holds the same and every "
                + "record with its inclusion proof, which can be checked with the log's public key alone.")
    }

    private static func facts(_ values: CertificateValues) -> [(String, String)] {
        let request = values.request
        let subjects = request.subjects.map(\.description).joined(separator: ", ")
        let approvals = values.approvals.map { approval in
            let plan = approval.plan.map { ", plan \($0.description.prefix(12))" } ?? ""
            return "\(approval.by) (\(approval.way), \(approval.at.brief)\(plan))"
        }.joined(separator: "; ")
        let facts: [(String, String?)] = [
            ("Controller", values.controller), ("Partner account", values.partner),
            ("Data subject", subjects.isEmpty ? "none" : subjects),
            ("Received", request.received.brief), ("Due", request.due.brief),
            ("Answered", request.answered?.brief ?? "not yet"),
            (
                "First answered",
                request.firstAnswered?.brief == request.answered?.brief ? nil : request.firstAnswered?.brief
            ),
            ("Law", request.jurisdiction.rawValue.uppercased()), ("Scope", request.scope.rawValue.spaced),
            ("State", request.state.rawValue.spaced), ("Received by way of", request.channel),
            ("Identity checked by", request.identityCheck), ("Opened by", request.openedBy),
            ("Approved by", approvals.isEmpty ? "nobody" : approvals),
        ]
        return facts.compactMap { label, text in text.map { (label, $0) } }
    }
}
