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

    /// `NAME`, or the first line of the file that `NAME_FILE` names. `nil` when neither is set.
    static func secret(_ name: String, in environment: [String: String]) throws -> (value: String, origin: String)? {
        try text(name, in: environment).map { found in
            let isFile = found.origin != name
            return (
                isFile ? found.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "" : found.text,
                found.origin
            )
        }
    }

    /// As `secret`, but all that is there: one a line, or with spaces or commas between them.
    static func secrets(
        _ name: String, in environment: [String: String]
    ) throws -> (values: [String], origin: String)? {
        try text(name, in: environment).map { found in
            (found.text.split { $0.isWhitespace || $0 == "," }.map(String.init), found.origin)
        }
    }

    private static func text(_ name: String, in environment: [String: String]) throws -> (text: String, origin: String)?
    {
        if let value = environment[name], !value.isEmpty { return (value, name) }
        guard let path = environment[name + "_FILE"], !path.isEmpty else { return nil }
        guard let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8) else {
            throw LetheError(
                "unreadable-secret", .configuration, "the file that \(name)_FILE names cannot be read",
                hint: "check the path and that this user may read it")
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw LetheError("empty-secret", .configuration, "the file that \(name)_FILE names is empty")
        }
        return (text, name + "_FILE")
    }
}
