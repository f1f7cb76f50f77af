import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// Segments of v2: the table "Version 2" of the format, and the way into one.
struct Version2Tests {
    private let sample: SampleLog
    private var log: TestLog { sample.log }

    init() throws { sample = try SampleLog() }

    private func sign(_ shapes: [RecordShape], opening version: Int = 2) throws {
        try sample.sign(shapes.map { ($0, [:]) }, opening: version)
    }

    /// In either version: what else a record says may contradict others, its form does not.
    @Test(arguments: [1, 2])
    func bothVerifiersKnowEveryTypeOfTheTable(version: Int) throws {
        let structural: Set<RecordType> = [.logOpen, .epochSeal, .clockStep]
        for shape in RecordShape.all where shape.version == version && !structural.contains(shape.type) {
            try sign([shape], opening: version)
            let report = try sample.verify(.keyed)
            let formal = report.failures.filter { $0.code != .ledger && $0.code != .outcomeWithoutIntent }
            #expect(formal.isEmpty, "\(shape.type): \(report.rendered)")
        }
    }

    /// One that no type has would read as empty for ever.
    @Test(arguments: FieldKey.allCases)
    func whatTheVerifierAsksForIsAFieldOfSomeType(key: FieldKey) {
        #expect(LineShape.all.contains { $0.place(of: key) != nil })
    }

    @Test func aTypeOfVersion2InASegmentOfVersion1IsFound() throws {
        let check = try #require(RecordShape.all.first { $0.type == .egressCheck })
        try sign([check], opening: 1)
        try sample.verify(.keyed).shows(.schema, seq: 1, exit: .failed)
        let misnamed = RecordShape(type: check.type, version: 1, fields: check.fields, read: check.read)
        try sign([misnamed], opening: 1)
        try sample.verify(.keyed).shows(.schema, seq: 1, exit: .failed)
    }

    @Test func aLineOfVersion1InASegmentOfVersion2IsFound() throws {
        let old = try #require(RecordShape.all.first { $0.type == .vendorSample && $0.version == 1 })
        try sign([old])
        try sample.verify(.keyed).shows(.schema, seq: 1, exit: .failed)
    }

    private func rollover(partner: String? = nil) throws {
        log.clock.advance(1_000_000)
        _ = try AuditLog.rollover(
            log.location, reason: "records of version 2", by: "ada", partner: partner, rootKey: sample.rootKey,
            tool: "lethe test", time: log.clock)
    }

    @Test func theFirstNeedBeginsASegmentThatIsBoundAndLaterOnesKeepTheBinding() throws {
        let check = AuditRecord.egressCheck(
            .init(host: "cdn.linqapp.com", reached: true, other: "example.com", blocked: true, by: "ada"))
        let old = try log.open()
        #expect(old.version == 1)
        #expect { try old.append([check]) } throws: { ($0 as? LetheError)?.code == "audit-format" }
        try rollover(partner: "acme")
        let writer = try log.open()
        let binding = try #require(writer.reader.opening().binding)
        #expect(writer.version == 2 && binding.partner == "acme" && binding.workspace.utf8.count == 32)
        _ = try writer.append([check, .holdReleased(.init(hold: HoldID(value: 3), by: "ada", reason: nil))])
        guard case .egressCheck(let read)? = try writer.reader.entry(2)?.record,
            case .holdReleased(let release)? = try writer.reader.entry(3)?.record
        else {
            Issue.record("they are not there")
            return
        }
        #expect(read.by == "ada" && read.how == .cli && read.blocked && release.how == .cli)
        try writer.seal()
        try rollover()
        #expect(try log.open().reader.opening().binding == binding)
        let report = try LogVerifier(
            .init(vkeys: [sample.vkey], rootKeys: [sample.rootKey], now: log.clock.now())
        ).verify(log.location)
        let others = report.segments.flatMap(\.failures).filter { $0.code != .ledger }
        #expect(others.isEmpty && report.segments.count == 3, "\(report.rendered)")
    }

    /// A crash between the close and the new segment: what the seed was kept with is what the segment is bound to.
    @Test func aRolloverIntoVersion2IsFinishedAfterACrash() throws {
        let binding = AuditRecord.Opening.Binding(workspace: String(repeating: "b", count: 32), partner: "acme")
        let writer = try SegmentWriter.open(log.location, now: log.clock.now())
        let seed = try Rollover.Begun(rootKey: sample.rootKey, tool: "lethe test", binding: binding)
            .seed(after: writer.origin, writer.signingKey)
        try seed.keep(in: log.location.directory.staging)
        try writer.locked { () throws(LetheError) in
            _ = try writer.commit(
                [.logClose(.init(reason: "test", by: "ada")), .epochSeal(.init(records: 0))], now: log.clock.now())
        }
        let reopened = try log.open()
        #expect(try reopened.version == 2 && reopened.reader.opening().binding == binding)
    }
}
