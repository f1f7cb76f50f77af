import Domain
import Foundation

/// Reads what a person or a program hands over: files named on the command line, secrets from the environment.
enum ReadInput {
    /// The whole file; `-` is standard input.
    static func bytes(_ path: String) throws -> Data {
        if path == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            throw unreadable(path)
        }
    }

    static func unreadable(_ path: String) -> LetheError {
        let exists = FileManager.default.fileExists(atPath: path)
        return LetheError(
            "unreadable", .unreadable, "\(path) \(exists ? "cannot be read" : "does not exist")",
            hint: exists ? "check that it is a file and that you may read it" : "check the name")
    }

    /// Handles of one data subject, one per line; blank lines and lines that begin with `#` are skipped.
    static func handles(in text: String) throws -> [Handle] {
        var handles: [Handle] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingSpaces()
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            do {
                handles.append(try Handle(String(line)))
            } catch {
                throw LetheError(error.code, error.status, "line \(index + 1): \(error.message)", hint: error.hint)
            }
        }
        guard !handles.isEmpty else {
            throw LetheError(
                "no-subject", .usage, "no handle was given", hint: "write one phone number or mail address per line")
        }
        return handles
    }

    /// `NAME`, or the first line of the file that `NAME_FILE` names. `nil` when neither is set.
    static func secret(_ name: String, in environment: [String: String]) throws -> (value: String, origin: String)? {
        if let value = environment[name], !value.isEmpty { return (value, name) }
        guard let path = environment[name + "_FILE"], !path.isEmpty else { return nil }
        guard let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8) else {
            throw LetheError(
                "unreadable-secret", .configuration, "the file that \(name)_FILE names cannot be read",
                hint: "check the path and that this user may read it")
        }
        guard let line = text.split(whereSeparator: \.isNewline).first.map(String.init), !line.isEmpty else {
            throw LetheError("empty-secret", .configuration, "the file that \(name)_FILE names is empty")
        }
        return (line, name + "_FILE")
    }
}
