import Cryptography
import Domain
import Foundation

/// Reads what a person or a program hands over: files named on the command line, secrets from the environment.
enum ReadInput {
    /// What is named is read whole, so it has an end: a device or an endless pipe would take all memory.
    static let most = 64_000_000

    /// The whole file; `-` is standard input.
    static func bytes(_ path: String) throws -> Data {
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unreadable(path) }
        defer { if path != "-" { close(file) } }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count >= 0 || errno == EINTR else { throw unreadable(path) }
            if count == 0 { return data }
            data.append(contentsOf: buffer.prefix(max(count, 0)))
            guard data.count <= most else {
                throw LetheError(
                    "too-large", .usage, "\(named(path)) has more than \(formatBytes(Int64(most)))",
                    hint: "check that it is the file that you mean")
            }
        }
    }

    /// A file that holds a key: it has a line, and nowhere else in memory is what it says.
    static func secret(_ path: String) throws -> SecretBytes {
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unreadable(path) }
        defer { if path != "-" { close(file) } }
        guard let secret = SecretBytes(reading: file) else { throw unreadable(path) }
        return secret
    }

    /// What somebody pipes in or has the shell open. On a terminal somebody would have to type, and `/dev/null` is nothing.
    static var isStandardInputGiven: Bool {
        var status = stat()
        return fstat(STDIN_FILENO, &status) == 0 && [S_IFIFO, S_IFREG].contains(status.st_mode & S_IFMT)
    }

    private static func named(_ path: String) -> String { path == "-" ? "standard input" : path }

    static func unreadable(_ path: String) -> LetheError {
        if path == "-" {
            return LetheError(
                "unreadable", .unreadable, "standard input cannot be read", hint: "check what it is redirected from")
        }
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
        guard let bytes = try? bytes(path), let text = String(data: bytes, encoding: .utf8) else {
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
