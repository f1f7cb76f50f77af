import Domain
import Foundation
import Testing

import struct Domain.Attachment

@testable import Rules

/// How many attachments a second one core decides against 20 policies. It runs where `LETHE_SPEED` gives the number of
/// attachments (1000000 for the figure in the docs, in release) and prints the rate.
@Suite struct DecisionSpeedTests {
    @Test(.enabled(if: ProcessInfo.processInfo.environment["LETHE_SPEED"] != nil))
    func decidesManyAttachmentsASecond() throws {
        let count = ProcessInfo.processInfo.environment["LETHE_SPEED"].flatMap(Int.init) ?? 100_000
        let lines = try (0..<4).map { try PhoneLine("+1202555010\($0)") }
        let types = ["image/jpeg", "image/png", "application/pdf", "video/mp4", "text/vcard"]
        let policies = try (0..<20).map { try policy($0, line: lines[$0 % 4], type: types[$0 % 5]) }
        let base: Int64 = 1_767_225_600
        let attachments = (0..<count).map { number in
            let time = Timestamp(seconds: base - Int64(number % 8000) * 3600)
            return Attachment(
                id: AttachmentID(value: UInt128(number)), apiCreated: time,
                sightings: [
                    Sighting(
                        message: MessageID(value: UInt128(number)), chat: ChatID(value: UInt128(number % 1000)),
                        line: lines[number % 4], direction: number % 3 == 0 ? .outbound : .inbound,
                        mime: types[number % 5], size: Int64(number % 3_000_000), sentAt: time)
                ], participants: [])
        }
        let decider = Decider(policies: PolicySet(policies), tiers: TierMap())
        let now = Timestamp(seconds: base)
        var deletes = 0
        let clock = ContinuousClock()
        let rulings = clock.measure {
            for attachment in attachments {
                let ruling = decider.ruling(on: attachment, holds: [], now: now)
                if ruling.verdict == .delete { deletes += 1 }
            }
        }
        let sample = attachments.prefix(count / 10)
        var losers = 0
        let decisions = clock.measure {
            for attachment in sample { losers += decider.decide(attachment, holds: [], now: now).losers.count }
        }
        func rate(_ count: Int, _ time: Duration) -> Int {
            Int(Double(count) / (Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds)))
        }
        print("rulings a second: \(rate(count, rulings)) (\(deletes) deletes)")
        print("full decisions a second: \(rate(sample.count, decisions)) (\(losers) losers)")
        #expect(deletes > 0 && deletes < count && losers > 0)
    }

    private func policy(_ number: Int, line: PhoneLine, type: String) throws -> Policy {
        var policy = Policy(id: "policy-number-\(number)", title: "t", why: "w")
        if number % 3 == 0 { policy.lines = [line] }
        if number % 4 == 1 { policy.match.direction = .inbound }
        if number % 2 == 0 { policy.match.mime = Set([type].compactMap(MimePattern.init)) }
        if number % 5 == 0 { policy.match.size = .init(atLeast: Int64(number) * 1000) }
        if number % 7 == 0 { policy.startsFrom = .lastUsed }
        if number % 6 == 0 { policy.retain = try Period.parse("\(number + 1)d").get() }
        let months = "\(number / 4 + 1)mo"
        policy.deleteAfter = try Period.parse(number % 2 == 0 ? "\(number + 30)d" : months).get()
        return policy
    }
}
