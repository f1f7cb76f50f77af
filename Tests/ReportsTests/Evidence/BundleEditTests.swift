import Audit
import Domain
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Random edits of a bundle, half of them signed anew by the holder of the key: what verifies is what the log holds, and
/// both programs say the same of every one. `LETHE_BUNDLE_ROUNDS` says how many edits (500 for `make tamper`),
/// `LETHE_TAMPER_SEED` repeats a run.
struct BundleEditTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = environment["LETHE_BUNDLE_ROUNDS"].flatMap(Int.init) ?? 40
    private static let seed = environment["LETHE_TAMPER_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)

    private enum Edit: String, CaseIterable {
        case flip, truncate, append, delete, add, addFolder, link, rename, swap, moveLine, dropLine, repeatLine, copy
    }

    private let bundle: UnpackedBundle
    private let original: URL

    init() throws {
        bundle = try UnpackedBundle()
        original = bundle.sample.folder.file("original")
        try FileManager.default.copyItem(at: bundle.folder, to: original)
    }

    @Test func noRandomEditVerifiesAsMoreThanIsProved() throws {
        var random = SeededGenerator(seed: Self.seed)
        var counts: [String: Int] = [:]
        for round in 0..<Self.rounds {
            try FileManager.default.removeItem(at: bundle.folder)
            try FileManager.default.copyItem(at: original, to: bundle.folder)
            let edit = Edit.allCases[round % Edit.allCases.count]
            let isSignedAnew = Bool.random(using: &random)
            let edited = try apply(edit, using: &random)
            if isSignedAnew { try bundle.sign() }
            let verdict = try bundle.verify()
            let words = "seed \(Self.seed), round \(round): \(edit) of \(edited), signed anew \(isSignedAnew)"
            let isTheSame = try Shell.run("diff -r --no-dereference ../original .", in: bundle.folder).status == 0
            if verdict.status == 0 {
                #expect(isSignedAnew || isTheSame, "\(words)\n\(verdict.text)")
                #expect(try isTrue(), "\(words)\n\(verdict.text)")
            } else {
                #expect(verdict.status == 1 && !isTheSame, "\(words)\n\(verdict.text)")
            }
            counts[
                "\(verdict.status == 0 ? "verified" : "tampered")\(isSignedAnew ? ", signed anew" : "")", default: 0] +=
                1
        }
        print("bundle: seed \(Self.seed), \(Self.rounds) edits:", counts.sorted { $0.key < $1.key })
    }

    /// Every record, checkpoint and anchor that is there is one of the log, at its place.
    private func isTrue() throws -> Bool {
        for reader in try bundle.sample.readers() {
            let folder = bundle.file("segments/\(reader.origin.suffix(16))")
            guard FileManager.default.fileExists(atPath: folder.path) else { continue }
            let lines = try Data(contentsOf: folder.appending(path: "records.jsonl")).split(separator: 10)
            for line in lines {
                let entry = try LogEntry(line: Array(line))
                guard try reader.entry(entry.seq) == entry else { return false }
            }
            let anchors = folder.appending(path: "anchors")
            let names = (try? FileManager.default.contentsOfDirectory(atPath: anchors.path)) ?? []
            for file in [folder.appending(path: "checkpoint")] + names.map({ anchors.appending(path: $0) }) {
                let place = file.path.dropFirst(bundle.folder.path.count + 1)
                let known = try ["checkpoint", "anchors"].flatMap { name in
                    try Data.all(in: original.appending(path: String(place.prefix(25))).appending(path: name))
                }
                // The text is what is signed; its signature may stand there twice.
                func text(_ note: Data) -> [Data] { Array(note.split(separator: 10).prefix(3)) }
                guard try known.map(text).contains(text(Data(contentsOf: file))) else { return false }
            }
        }
        return true
    }

    /// What was edited. `verify.sh` and `verify.py` are what checks: they stay as they are.
    private func apply(_ edit: Edit, using random: inout SeededGenerator) throws -> String {
        let names = try bundle.files().filter { !$0.hasPrefix("verify.") }
        let name = names.randomElement(using: &random) ?? ""
        let other = names.randomElement(using: &random) ?? ""
        let (file, otherFile) = (bundle.file(name), bundle.file(other))
        let content = try Data(contentsOf: file)
        var bytes = Array(content)
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let files = FileManager.default
        switch edit {
        case .flip: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case .truncate: bytes.removeSubrange(place...)
        case .append: bytes.append(UInt8.random(in: 0...255, using: &random))
        case .delete:
            try files.removeItem(at: file)
            return name
        case .add:
            try content.write(to: bundle.file(name + "x"))
            return name + "x"
        case .addFolder:
            try files.createDirectory(
                at: bundle.file("segments/\(String(UInt64.random(in: 0...(.max), using: &random), radix: 16))"),
                withIntermediateDirectories: true)
            return "segments"
        case .link:
            // To a copy: a manifest that is made anew is written through the link.
            let copy = bundle.sample.folder.file("linked")
            try content.write(to: copy)
            try files.removeItem(at: file)
            try files.createSymbolicLink(at: file, withDestinationURL: copy)
            return name
        case .rename:
            try files.moveItem(at: file, to: bundle.file(name + "x"))
            return name
        case .swap:
            try Data(contentsOf: otherFile).write(to: file)
            try content.write(to: otherFile)
            return "\(name) and \(other)"
        case .copy:
            try Data(contentsOf: otherFile).write(to: file)
            return "\(name) from \(other)"
        case .moveLine, .dropLine, .repeatLine:
            return try applyToLines(edit, using: &random)
        }
        try Data(bytes).write(to: file)
        return name
    }

    private func applyToLines(_ edit: Edit, using random: inout SeededGenerator) throws -> String {
        let place = bundle.places.randomElement(using: &random) ?? ""
        let kinds = ["records.jsonl", "proof", "checkpoint"]
        let name = "\(place)/\(kinds.randomElement(using: &random) ?? "")"
        var lines = try Data(contentsOf: bundle.file(name)).split(separator: 10, omittingEmptySubsequences: false)
        let index = Int.random(in: 0..<lines.count - 1, using: &random)
        let line = lines[index]
        if edit != .repeatLine { lines.remove(at: index) }
        if edit != .dropLine { lines.insert(line, at: Int.random(in: 0..<lines.count, using: &random)) }
        try Data(lines.joined(separator: [10])).write(to: bundle.file(name))
        return name
    }
}

extension Data {
    /// A file, or every file of a folder.
    fileprivate static func all(in place: URL) throws -> [Data] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: place.path) else {
            return [try Data(contentsOf: place)]
        }
        return try names.map { try Data(contentsOf: place.appending(path: $0)) }
    }
}
