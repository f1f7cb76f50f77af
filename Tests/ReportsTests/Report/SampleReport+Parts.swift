import Domain

@testable import Reports

extension SampleReport {
    static func requests(_ items: [ReportValues.Item]) -> [ReportValues.Request] {
        func make(
            _ number: Int, _ state: ErasureRequest.State, _ received: String, _ due: String, answered: String? = nil,
            _ jurisdiction: ErasureRequest.Jurisdiction = .gdpr, coverage: ErasureRequest.Coverage = .complete
        ) -> ReportValues.Request {
            let outcomes = OutcomeCounts(items.filter { $0.request == request(number) }.map(\.outcome))
            return ReportValues.Request(
                ErasureRequest(
                    id: request(number), state: state, received: time(received), due: time(due),
                    jurisdiction: jurisdiction,
                    scope: .sentBySubject, subjects: [subject(UInt8(number))], openedBy: "m.okafor", coverage: coverage,
                    answered: answered.map(time)), items: outcomes.total, outcomes: outcomes, now: now)
        }
        return [
            make(9, .completed, "2025-12-20T10:00:00Z", "2026-01-20T23:59:59Z", answered: "2026-01-09T16:00:00Z"),
            make(
                20, .completedWithExceptions, "2026-01-12T09:00:00Z", "2026-02-12T23:59:59Z",
                answered: "2026-01-21T11:30:00Z"),
            make(40, .planned, "2026-01-08T09:00:00Z", "2026-02-06T23:59:59Z", .uk),
            make(41, .received, "2026-01-29T09:00:00Z", "2026-03-15T23:59:59Z", .ccpa, coverage: .offline),
            make(42, .refused, "2026-01-15T09:00:00Z", "2026-02-15T23:59:59Z", coverage: .offline),
        ]
    }

    static var holds: [ReportValues.Hold] {
        let all = [
            LegalHold(
                id: HoldID(value: spread(1, 0xe5)), scope: .subject([subject(1), subject(2)]),
                placedAt: time("2025-11-03T09:12:00Z"), placedBy: "j.lindqvist",
                reason: "Matter 2025-118: card dispute, all correspondence"),
            LegalHold(
                id: HoldID(value: spread(2, 0xe5)), scope: .line(lines[0]), placedAt: time("2026-01-05T14:00:00Z"),
                placedBy: "j.lindqvist", reason: "Supervisory inquiry <script>alert('hold')</script>",
                until: time("2026-06-30T00:00:00Z")),
            LegalHold(
                id: HoldID(value: spread(3, 0xe5)), scope: .attachment(attachment(77)),
                placedAt: time("2025-09-01T08:00:00Z"), placedBy: "m.okafor", reason: "Complaint closed",
                releasedAt: time("2026-01-14T10:00:00Z")),
        ]
        return all.map { ReportValues.Hold($0, now: now) }
    }

    static var policies: ReportValues.Policies {
        ReportValues.Policies(
            digest: String(repeating: "3f9a1c5e", count: 8),
            inForce: [
                ReportValues.Policy(
                    id: "identity-documents", title: "Identity documents received for onboarding",
                    why: "Kept 30 days for disputes, gone after 90.", lines: [lines[0]],
                    match: "persistent, inbound, application/pdf or image/*", retain: "30d", deleteAfter: "90d",
                    legalGround: "gdpr.17.3.b", locked: true),
                ReportValues.Policy(
                    id: "support-media", title: "Screenshots sent to <script>alert(1)</script> support",
                    why: "=HYPERLINK(\"http://example.com\") is not a reason, | and neither is *this*.",
                    lines: [lines[1]], deleteAfter: "30d"),
                ReportValues.Policy(
                    id: "marketing", title: "Campaign material", why: "Of no use once the campaign is over.",
                    match: "outbound", deleteAfter: "14d"),
                ReportValues.Policy(
                    id: "everything-else", title: "Partner-wide default", why: "Nothing is kept without a reason.",
                    deleteAfter: "1y"),
            ])
    }

    static var forecast: ReportValues.Forecast {
        var entries: [ReportValues.ForecastEntry] = []
        for day in 0..<90 {
            let text = now.adding(seconds: Int64(day) * 86_400).date
            let rows = [
                ("support-media", 9 + (day * 7) % 13), ("identity-documents", day < 60 ? 3 + (day * 5) % 8 : 0),
                ("marketing", day % 7 == 2 ? 34 : 0),
            ]
            for (policy, attachments) in rows where attachments > 0 {
                entries.append(
                    ReportValues.ForecastEntry(
                        day: text, policy: policy, attachments: attachments, bytes: Int64(attachments) * 1_830_000))
            }
        }
        return ReportValues.Forecast(days: 90, entries: entries)
    }

    static func log(deleted: Int) -> ReportValues.Log {
        ReportValues.Log(
            origin: "lethe.example.org/3f9a1c5e7b2d4680", result: .verified,
            summary: "keyed, anchored to size 4,210", records: 4_388, first: time("2025-11-01T08:00:00Z"),
            last: time("2026-02-01T05:00:00Z"),
            checks: [
                ReportValues.Check(name: "structure", status: .ok, detail: "4388/4388 lines, seq and prev unbroken"),
                ReportValues.Check(
                    name: "checkpoint", status: .ok, detail: "size 4388, signature and root match, covers all records"),
                ReportValues.Check(name: "mac", status: .ok, detail: "4388/4388, epochs 0-92"),
                ReportValues.Check(
                    name: "anchors", status: .notChecked,
                    detail: "1 of 2 volumes could not be read; newest held size 4210"),
            ],
            intents: deleted + 412, deleted: deleted + 380, absent: 21, open: 1)
    }
}
