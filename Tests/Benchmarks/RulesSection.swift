import Domain
import Foundation
import Inventory
import Rules

/// Attachments in memory decided against 20 policies on one core, beside Cloud Custodian with the same policies as value
/// and age filters over the same attachments.
struct RulesSection {
    let folder: URL
    let sizes: Sizes

    func run(_ table: Table) throws {
        let now = BenchClock().now()
        let policies = SharedPolicy.twenty
        let attachments = try (0..<sizes.decisions).map { try Self.attachment($0, now: now) }
        let decider = Decider(policies: PolicySet(try policies.map { try $0.policy }), tiers: TierMap())
        let what = "\(grouped(attachments.count)) attachments, \(policies.count) policies"
        let rulings = try repeated { Self.deletes(attachments, decider, now) }
        let explained = try repeated {
            var losers = 0
            for attachment in attachments { losers += decider.decide(attachment, holds: [], now: now).losers.count }
            return losers
        }
        let reference = try custodian(Array(attachments.prefix(sizes.custodian)), policies, now)
        if reference == nil { table.skip("\(what): Cloud Custodian", "no python with c7n in LETHE_BENCH_PYTHON") }
        table.add(
            "\(what), decided", .perSecond, rulings.rate(of: attachments.count), reference.map { ("c7n", $0) },
            .atLeast(50))
        table.add(
            "\(what), with every loser", .perSecond, explained.rate(of: attachments.count),
            reference.map { ("c7n", $0) })
    }

    private func repeated(_ body: () throws -> Int) throws -> Samples {
        let expected = try body()
        return Samples(
            try (0..<sizes.runs).map { _ in
                var count = 0
                let seconds = try ProcessorTime.seconds { count = try body() }
                guard count == expected else { throw BenchFailure("decisions differ from run to run") }
                return seconds
            })
    }

    private static func deletes(_ attachments: [Attachment], _ decider: Decider, _ now: Timestamp) -> Int {
        var deletes = 0
        for attachment in attachments where decider.ruling(on: attachment, holds: [], now: now).verdict == .delete {
            deletes += 1
        }
        return deletes
    }

    /// Ages lie half a day from every boundary, so the minutes between the two measurements change no answer.
    private static func attachment(_ number: Int, now: Timestamp) throws -> Attachment {
        let time = now.adding(seconds: -Int64(number % 300) * 86_400 - 43_200)
        return Attachment(
            id: AttachmentID(value: UInt128(number)), apiCreated: time,
            sightings: [
                Sighting(
                    message: MessageID(value: UInt128(number)), chat: ChatID(value: UInt128(number % 1000)),
                    line: try PhoneLine(BenchWorkspace.lines[number % 4]),
                    direction: number % 3 == 0 ? .outbound : .inbound, mime: SharedPolicy.types[number % 5],
                    size: Int64(number) * 7919 % 3_000_000, sentAt: time)
            ], participants: [])
    }

    /// Attachments a second against all policies; `nil` where there is no Cloud Custodian. What each policy by itself
    /// matches there must be what it deletes here.
    private func custodian(_ attachments: [Attachment], _ policies: [SharedPolicy], _ now: Timestamp) throws -> Samples?
    {
        let environment = ProcessInfo.processInfo.environment
        guard let python = Tool.find(environment["LETHE_BENCH_PYTHON"] ?? "python3"),
            (try? python.run(["-c", "import c7n.policy"], in: folder)) != nil
        else { return nil }
        let task = CustodianTask(
            policies: policies,
            resources: attachments.map {
                .init(
                    line: $0.homeLine?.number ?? "", direction: $0.sightings[0].direction == .inbound ? "in" : "out",
                    mime: $0.sightings[0].mime ?? "", size: $0.size ?? 0, created: $0.created?.seconds ?? 0)
            }, runs: min(3, sizes.runs))
        let script = "Tests/Benchmarks/custodian.py"
        let input = String(decoding: try JSONEncoder().encode(task), as: UTF8.self)
        let output = try python.run([script, folder.path], input: input, in: folder)
        let answer = try JSONDecoder().decode(CustodianAnswer.self, from: Data(output.utf8))
        for (policy, matched) in zip(policies, answer.matched) {
            let alone = Decider(policies: PolicySet([try policy.policy]), tiers: TierMap())
            guard Self.deletes(attachments, alone, now) == matched else {
                throw BenchFailure("\(policy.name) matches \(matched) with Cloud Custodian and others with Lethe")
            }
        }
        return Samples(answer.seconds).rate(of: attachments.count)
    }
}

private struct CustodianTask: Encodable {
    struct Resource: Encodable {
        let line: String
        let direction: String
        let mime: String
        let size: Int64
        let created: Int64
    }

    let policies: [SharedPolicy]
    let resources: [Resource]
    let runs: Int
}

private struct CustodianAnswer: Decodable {
    /// Of all policies over all resources, once a run.
    let seconds: [Double]
    let matched: [Int]
}

/// A policy that both sides can say.
struct SharedPolicy: Encodable {
    static let types = ["image/jpeg", "image/png", "application/pdf", "video/mp4", "text/vcard"]

    let name: String
    let line: String?
    let direction: String?
    /// `image/*` or a whole type.
    let mime: String?
    let atLeast: Int64?
    let days: Int

    static var twenty: [SharedPolicy] {
        (0..<20).map { number in
            SharedPolicy(
                name: "policy-\(number)", line: number % 3 == 0 ? BenchWorkspace.lines[number % 4] : nil,
                direction: number % 4 == 1 ? "in" : nil,
                mime: number % 2 == 0 ? (number % 10 == 0 ? "image/*" : types[number % 5]) : nil,
                atLeast: number % 5 == 0 ? Int64(number) * 50_000 : nil, days: 30 + number * 10)
        }
    }

    var policy: Policy {
        get throws {
            var policy = Policy(id: name, title: name, why: "To be measured.")
            if let line { policy.lines = [try PhoneLine(line)] }
            policy.match.direction = direction.map { $0 == "in" ? .inbound : .outbound }
            policy.match.mime = mime.flatMap { MimePattern($0) }.map { [$0] }
            policy.match.size = atLeast.map { Policy.SizeRange(atLeast: $0) }
            policy.deleteAfter = try Period.parse("\(days)d").get()
            return policy
        }
    }
}
