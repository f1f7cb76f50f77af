import Foundation

/// A part that runs in a process of its own.
enum Child {
    /// What such a process prints as its one line.
    struct Answer: Codable {
        var seconds: Double
        /// Of the reference, where it runs there too.
        var reference: Double?
        /// Of whatever was counted: items of a plan, attachments taken in.
        var count: Int
        var peakMegabytes = Memory.peakMegabytes
    }

    static func run(_ arguments: [String]) async throws {
        let answer: Answer
        switch arguments.first {
        case "ingest": answer = try IngestSection.child(arguments[1...].map { URL(filePath: $0) })
        case "plan": answer = try PlanSection.child(Array(arguments[1...]))
        case "verify": answer = try AuditSection.child(arguments)
        case "report": answer = try ReportSection.child(Array(arguments[1...]))
        case "preflight": answer = try ReportSection.preflight(Array(arguments[1...]))
        // To look at by hand: a folder, and how many records.
        case "fill":
            return try ReportSection.fill(
                BenchWorkspace(folder: URL(filePath: arguments[1])), records: Int(arguments[2]) ?? 1000)
        case "serve": return try await DeleteSection.serve(arguments)
        default: throw BenchFailure("no child \(arguments)")
        }
        say(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
    }

    static func ask(_ arguments: [String], in folder: URL) throws -> Answer {
        let output = try itself.run(["child"] + arguments, in: folder)
        return try JSONDecoder().decode(Answer.self, from: Data(output.utf8))
    }

    static var itself: Tool {
        get throws {
            Tool(path: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        }
    }
}
