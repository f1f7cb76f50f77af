import Domain
import Engine
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Tells whoever `on_failure` names that a run did not do all it should, or that something waits too long: a command gets one
/// JSON object on its standard input, an https URL gets it by POST. It holds a status and a sentence with counts and ids,
/// nothing of a person.
struct OnFailure: Sendable {
    let wiring: Wiring
    /// Seconds that one of them may take.
    private let patience = 30.0

    init(_ wiring: Wiring) {
        self.wiring = wiring
    }

    /// A call that fails is said on stderr and changes nothing else.
    func call(for event: Settings.Call.Event, _ status: ExitStatus, summary: String) async {
        let targets = wiring.settings.onFailure.filter { $0.on.contains(event) }.map(\.target)
        guard !targets.isEmpty else { return }
        let line = summary.split(separator: "\n").first.map(String.init) ?? ""
        let json: JSONValue = [
            "event": .string(event.rawValue), "status": .integer(Int64(status.rawValue)), "summary": .string(line),
            "workspace": .string(wiring.workspace.directory.lastPathComponent),
            "at": JSONValue(wiring.clock.now()),
        ]
        for target in targets {
            let problem = target.contains("://") ? await post(json, to: target) : await run(target, json)
            if let problem { wiring.console.warn("on_failure: \(problem)") }
        }
    }

    /// For what waits too long, each once. `patience`: how long no run may finish, in seconds.
    func call(ofLate lateness: Lateness, _ status: ExitStatus, patience: Int64 = Lateness.usualPatience) async {
        if let message = lateness.overdueMessage { await call(for: .overdue, status, summary: message) }
        if let message = lateness.silenceMessage(at: wiring.clock.now(), for: patience) {
            await call(for: .silence, status, summary: message)
        }
    }

    private func post(_ json: JSONValue, to target: String) async -> String? {
        guard let url = URL(string: target) else { return "an entry is not a URL" }
        var request = URLRequest(url: url, timeoutInterval: patience)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = Data(json.text.utf8)
        guard let (_, response) = try? await URLSession.shared.data(for: request) else {
            return "no answer to the POST"
        }
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        return (200..<300).contains(status) ? nil : "the POST was answered \(status)"
    }

    private func run(_ command: String, _ json: JSONValue) async -> String? {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = wiring.workspace.directory
        // What it calls has no business with the account's key.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LINQ_") }
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.standardError
        do {
            try process.run()
        } catch {
            return "the command cannot be started"
        }
        try? input.fileHandleForWriting.write(contentsOf: Data((json.text + "\n").utf8))
        try? input.fileHandleForWriting.close()
        for _ in 0..<Int(patience * 20) where process.isRunning { try? await Task.sleep(for: .milliseconds(50)) }
        guard !process.isRunning else {
            process.terminate()
            return "the command took longer than \(Int(patience)) s"
        }
        return process.terminationStatus == 0 ? nil : "the command ended with \(process.terminationStatus)"
    }
}
