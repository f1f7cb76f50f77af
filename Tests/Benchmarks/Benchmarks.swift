import Foundation

/// `lethe-bench [SECTION…]`: measures Lethe beside what does the same job in the same run, and prints one table.
///
/// A part whose memory is looked at, or that is to start with empty caches, runs in a process of its own: this program
/// again, with `child` as first argument.
@main
struct Benchmarks {
    enum Section: String, CaseIterable {
        case ingest, plan, delete, rules, audit, report
    }

    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if arguments.first == "child" {
                arguments.removeFirst()
                try await Child.run(arguments)
                return
            }
            let sections = try arguments.map { name in
                guard let section = Section(rawValue: name) else { throw BenchFailure("no section \(name)") }
                return section
            }
            try await run(sections.isEmpty ? Section.allCases : sections)
        } catch {
            FileHandle.standardError.write(Data("lethe-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ sections: [Section]) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lethe-bench-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sizes = Sizes(ProcessInfo.processInfo.environment)
        let table = Table()
        table.begin()
        for section in sections {
            let place = folder.appending(path: section.rawValue)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            switch section {
            case .ingest: try IngestSection(folder: place, sizes: sizes).run(table)
            case .plan: try PlanSection(folder: place, sizes: sizes).run(table)
            case .delete: try await DeleteSection(folder: place, sizes: sizes).run(table)
            case .rules: try RulesSection(folder: place, sizes: sizes).run(table)
            case .audit: try AuditSection(folder: place, sizes: sizes).run(table)
            case .report: try ReportSection(folder: place, sizes: sizes).run(table)
            }
            try FileManager.default.removeItem(at: place)
        }
        table.end()
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
