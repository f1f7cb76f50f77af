import Foundation
import TestSupport
import Testing

/// A disk that is full or read-only: nothing is deleted without its durable intent. The disks are small tmpfs mounts, so
/// these tests need root and a kernel that lets it mount; elsewhere they are skipped.
@Suite struct DiskTests {
    static let canMount: Bool = {
        guard geteuid() == 0, let disk = try? SmallDisk() else { return false }
        return disk.isMounted
    }()

    @Test(.enabled(if: canMount, "no tmpfs can be mounted here"))
    func aFullDiskHaltsTheRunAndNoDeleteIsWithoutAnIntent() async throws {
        let disk = try SmallDisk(megabytes: 16)
        let vendor = try await SimulatedVendor("--fault", "all.latency:40ms")
        let workspace = try await SampleWorkspace(vendor: vendor, in: disk.url)
        try await workspace.fill(vendor, attachments: 160)
        try workspace.configure("max_in_flight: 8", "max_in_flight: 2")
        let before = try await vendor.attachments("live")
        let due = try await workspace.due().attachments
        let run = try workspace.lethe.start(arguments: ["run", "--apply", "--no-canary", "--json"])
        try await vendor.waitForDeletes(4)
        try disk.fill()
        let halted = try await run.result()
        #expect([1, 2].contains(halted.status), "\(halted.everything)")
        #expect(
            halted.json?["halted"] as? String == "audit_write_failed" || halted.error != nil, "\(halted.everything)")
        let sent = try await vendor.deletes().count
        #expect(sent < due.count, "it stopped")
        let full = try await workspace.lethe("run", "--apply", "--json")
        #expect(full.status != 0, "\(full.everything)")
        #expect(try await vendor.deletes().count == sent, "on a full disk nothing is sent")

        try disk.empty()
        let shown = try await workspace.lethe("audit", "show", "--type", "delete.intent", "--limit", "10000", "--json")
        let intents = (shown.json?["records"] as? [[String: Any]] ?? []).compactMap { $0["att"] as? String }
        for (id, count) in Dictionary(grouping: try await vendor.deletes().map(\.id), by: \.self).mapValues(\.count) {
            #expect(intents.count { $0 == id } >= count, "\(id) was deleted without an intent")
        }
        let next = try await workspace.lethe("run", "--apply", "--no-canary", "--json")
        #expect(next.status == 0, "\(next.everything)")
        #expect(try await before.subtracting(vendor.attachments("live")) == due)
        #expect(try await workspace.verifyLog().status == 0)
    }

    @Test(.enabled(if: canMount, "no tmpfs can be mounted here"))
    func aReadOnlyDiskDeletesNothing() async throws {
        let disk = try SmallDisk(megabytes: 16)
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor, in: disk.url)
        try await workspace.fill(vendor, attachments: 12)
        try disk.makeReadOnly()
        for words in [["run", "--apply"], ["erase", "--subject", "+12005550100", "--apply", "--as", "alex"]] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            #expect(result.status == 1, "\(words): \(result.everything)")
            #expect(
                result.errors.contains("Error: ") && result.errors.contains("\nTry: "), "\(words): \(result.errors)")
        }
        #expect(try await vendor.deletes().isEmpty)
        try disk.makeReadOnly(false)
        let run = try await workspace.lethe("run", "--apply")
        #expect(run.status == 0, "\(run.everything)")
    }
}

/// A tmpfs of its own, unmounted with it.
final class SmallDisk: Sendable {
    private let folder: TemporaryDirectory
    let isMounted: Bool

    init(megabytes: Int = 1) throws {
        folder = try TemporaryDirectory()
        isMounted = Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.url.path])
    }

    deinit { if isMounted { _ = Self.run("/bin/umount", ["-l", folder.url.path]) } }

    var url: URL { folder.url }
    private var filler: URL { folder.file("filler") }

    /// Takes the last byte.
    func fill() throws {
        _ = Self.run("/bin/sh", ["-c", "cat /dev/zero > '\(filler.path)' 2>/dev/null"])
    }

    func empty() throws { try FileManager.default.removeItem(at: filler) }

    func makeReadOnly(_ isReadOnly: Bool = true) throws {
        try #require(Self.run("/bin/mount", ["-o", isReadOnly ? "remount,ro" : "remount,rw", folder.url.path]))
    }

    private static func run(_ path: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
