import Domain
import Foundation
import TestSupport
import Testing

@testable import Reports

struct TarArchiveTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func write(_ body: (TarArchive) throws -> Void) throws -> URL {
        var bytes: [UInt8] = []
        let archive = TarArchive(time: SampleReport.time("2026-01-10T03:00:00Z")) { bytes += $0 }
        try body(archive)
        try archive.finish()
        let file = folder.file("a.tar")
        try Data(bytes).write(to: file)
        return file
    }

    @Test func whatComesInPiecesIsOneFile() throws {
        let piece = [UInt8](repeating: 65, count: 100_000)
        _ = try write { archive in
            try archive.begin("large", size: 1_000_000)
            for _ in 0..<10 { try piece.withUnsafeBytes { try archive.append($0) } }
            try archive.end()
            try archive.add("small", [66])
        }
        let output = try Shell.run("tar -xf a.tar && wc -c < large && cat small", in: folder.url)
        #expect(output.text == "1000000\nB", "\(output.text)")
    }

    /// The header with the size is out by then: such an archive would be a forgery of itself.
    @Test(arguments: [1, 3]) func fewerOrMoreBytesThanAnnouncedAreAnError(_ count: Int) throws {
        let error = #expect(throws: LetheError.self) {
            _ = try write { archive in
                try archive.begin("file", size: 2)
                try [UInt8](repeating: 65, count: count).withUnsafeBytes { try archive.append($0) }
                try archive.end()
            }
        }
        #expect(error?.code == "audit-fork")
    }

    @Test(arguments: ["/etc/passwd", "a/../b", "", String(repeating: "a", count: 101), "a b", "é"])
    func aNameThatLeadsElsewhereIsRefused(_ name: String) throws {
        #expect(throws: LetheError.self) { _ = try write { try $0.add(name, []) } }
    }
}
