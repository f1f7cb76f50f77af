import Audit
import Domain
import Foundation
import TestSupport
import Testing

@testable import Reports

/// A bundle of a long period. `LETHE_BUNDLE_RECORDS` says how long (2,000).
struct BundleSizeTests {
    private static let records =
        ProcessInfo.processInfo.environment["LETHE_BUNDLE_RECORDS"].flatMap(Int.init) ?? 2000

    private let sample: SampleSegments
    private let log: AuditLog

    init() throws {
        sample = try SampleSegments()
        log = try AuditLog.open(sample.location, time: sample.clock)
        for first in stride(from: 0, to: Self.records, by: 1000) {
            let batch = (first..<min(first + 1000, Self.records)).map { number in
                let intent = AuditRecord.Intent(
                    run: SampleReport.run(1), operation: OperationID(value: UInt128(100 + number / 2)), attempt: 1,
                    attachment: SampleReport.attachment(100 + number / 2), rule: "policy:retention-30d")
                let answer = VendorAnswer(.http(status: 204, code: nil), trace: "trace-\(number)")
                return number % 2 == 0
                    ? AuditRecord.deleteIntent(intent) : .deleteOutcome(.init(to: intent, answer, final: .deleted))
            }
            _ = try log.append(batch)
        }
        try log.seal()
    }

    /// Kilobytes that this process had at most.
    private func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return Int(line.filter(\.isNumber)) ?? 0
    }

    @Test func aBundleIsHardlyLargerThanItsRecordsAndIsMadeInLittleMemory() throws {
        let file = sample.folder.file("evidence.tar")
        try Data().write(to: file)
        let output = try FileHandle(forWritingTo: file)
        let before = try peak()
        let begun = ContinuousClock.now
        let selection = try log.reader.select(
            from: SampleReport.time("2026-01-01T00:00:00Z"), to: SampleReport.time("2027-01-01T00:00:00Z"))
        var size = 0
        let made = try EvidenceBundle.write(
            [.init(log.reader, selection, key: VerifierKey(log.vkey))], blobs: [], log: log, at: sample.clock.now()
        ) { bytes in
            size += bytes.count
            output.write(Data(bytes))
        }
        let seconds = begun.duration(to: .now)
        try output.close()
        let grown = try peak() - before
        #expect(made.segments[0].records > Int64(Self.records))
        #expect(Double(size) <= 1.3 * Double(selection.byteCount), "\(size) bytes of \(selection.byteCount)")
        #expect(grown < 100_000, "\(grown) kB")
        print("bundle: \(selection.count) records of \(selection.byteCount) bytes in \(size), \(seconds), \(grown) kB")
        try time()
    }

    private func time() throws {
        let folder = sample.folder.file("reviewer")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #expect(try Shell.run("tar -xf ../evidence.tar", in: folder).status == 0)
        for program in UnpackedBundle.programs {
            let begun = ContinuousClock.now
            let output = try Shell.run("\(program) '\(sample.vkey.text)'", in: folder)
            #expect(output.status == 0, "\(output.text)")
            print("bundle: \(program) took \(begun.duration(to: .now))")
        }
    }
}
