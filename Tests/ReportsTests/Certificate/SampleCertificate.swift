import Domain

@testable import Reports

extension SampleReport {
    /// Twelve items of one person: most gone, some withheld, one that failed.
    static var certificate: CertificateValues {
        let request = ErasureRequest(
            id: request(20), state: .completedWithExceptions, received: time("2026-01-12T09:00:00Z"),
            due: time("2026-02-12T23:59:59Z"), jurisdiction: .gdpr, scope: .sentBySubject,
            subjects: [subject(0xB7), subject(0x2F)], openedBy: "m.okafor",
            channel: "letter to the data protection officer",
            identityMethod: "passport seen at a branch", coverage: .complete, answered: time("2026-01-21T11:30:00Z"))
        let items = (0..<12).map(certificateItem)
        return CertificateValues(
            issued: now, tool: "lethe 0.1.0", controller: "Example Bank", partner: partner,
            request: CertificateValues.Request(request),
            plan: CertificateValues.Plan(
                id: plan(20), digest: String(repeating: "14", count: 32),
                policyDigest: String(repeating: "3f9a1c5e", count: 8), created: time("2026-01-20T03:10:00Z"),
                items: items.count),
            approvals: [
                ReportValues.Approval(by: "j.lindqvist", how: "cli", at: time("2026-01-20T03:14:00Z"), plan: plan(20))
            ],
            items: items, coverage: CertificateValues.Coverage(extent: .complete, unaddressable: 3),
            proof: proof(for: items))
    }

    private static func certificateItem(_ number: Int) -> CertificateValues.Item {
        let at = time("2026-01-20T03:15:00Z").adding(seconds: Int64(number))
        var item = CertificateValues.Item(
            attachment: attachment(4000 + number * 7), rule: "erasure:\(request(20))", line: lines[number % 2],
            tier: .persistent, mediaType: number == 4 ? nil : "image/jpeg",
            bytes: number == 4 ? nil : 240_000 * Int64(number + 1),
            outcome: .deleted, at: at, grade: .a, attempts: 1, lastAnswer: "204", trace: "tr-14\(number)")
        switch number {
        case 3:
            (item.outcome, item.grade, item.attempts, item.lastAnswer) = (.deletedAfterRetry, .d, 2, "404")
        case 8:
            (item.outcome, item.grade, item.attempts, item.lastAnswer) = (.withheldHold, nil, 0, nil)
            (item.trace, item.ground) = (nil, HoldID(value: spread(1, 0xe5)).description)
        case 9:
            (item.outcome, item.grade, item.attempts, item.lastAnswer) = (.withheldRetention, nil, 0, nil)
            (item.trace, item.ground, item.ends) = (nil, "gdpr.17.3.b", time("2026-03-04T00:00:00Z"))
        case 10:
            (item.outcome, item.grade, item.attempts, item.lastAnswer) = (.withheldShared, nil, 0, nil)
            (item.trace, item.ground) = (nil, "3 others")
        case 11:
            (item.outcome, item.grade, item.attempts, item.lastAnswer) = (.notFoundUnproven, .e, 1, "404")
        default: break
        }
        return item
    }

    private static func proof(for items: [CertificateValues.Item]) -> CertificateValues.Proof {
        let checkpoint = """
            lethe.example.org/3f9a1c5e7b2d4680
            4388
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

            — lethe.example.org/3f9a1c5e7b2d4680 vPpurAjuFPVjI2JpPbWDcS0xNpeCF4fW8xbAvwGkHzO1Yh0oZqk1bFQ=

            """
        let records = items.enumerated().filter { $0.element.outcome.group == .deleted }.map { index, item in
            CertificateValues.Record(
                seq: Int64(4100 + index * 2),
                line:
                    "{\"v\":1,\"seq\":\(4100 + index * 2),\"t\":\"\(item.at ?? now)\",\"ep\":81,\"prev\":\"\(String(repeating: "5c", count: 32))\","
                    + "\"type\":\"delete.outcome\",\"op\":\"\(OperationID(value: spread(index, 0xd4)))\",\"try\":\(item.attempts),"
                    + "\"att\":\"\(item.attachment)\",\"class\":\"deleted\",\"http\":204,\"err\":null,\"trace\":\"\(item.trace ?? "")\","
                    + "\"final\":\"\(item.outcome.rawValue)\",\"mac\":\"\(String(repeating: "a9", count: 32))\"}",
                inclusion: "c2sp.org/tlog-proof@v1\nextra …\nindex \(4100 + index * 2)\n\n" + checkpoint)
        }
        return CertificateValues.Proof(
            origin: "lethe.example.org/3f9a1c5e7b2d4680",
            vkey: "lethe.example.org/3f9a1c5e7b2d4680+bcfa6eac+AVYHO5Q3cSt5lyhcbVhZoaCqbYqXTGKSx9o7bTdNH8Pz",
            checkpoint: checkpoint, records: records)
    }
}
