import Foundation

/// The YAML files of a folder, read whole, and what is wrong with those that cannot be.
struct PolicyFolder {
    /// As diagnostics name them, in the order of their names.
    private(set) var files: [(name: String, bytes: [UInt8])] = []
    private(set) var problems: [Diagnostic] = []

    /// `nil` for a folder that cannot be listed; `shownAs` is its name in diagnostics.
    init?(_ directory: URL, shownAs shown: String) {
        guard let listing = try? FileManager.default.contentsOfDirectory(atPath: directory.path) else { return nil }
        for entry in listing.sorted() where Self.isPolicyFile(entry) {
            read(directory.appending(path: entry).path, label: "\(shown)/\(entry)")
        }
    }

    /// `*.yaml` and `*.yml`, in small or capital letters.
    static func isPolicyFile(_ name: String) -> Bool { !name.hasPrefix(".") && isYAML(name) }

    static func isYAML(_ name: String) -> Bool {
        let lower = name.lowercased()
        return lower.hasSuffix(".yaml") || lower.hasSuffix(".yml")
    }

    private mutating func read(_ path: String, label: String) {
        guard let size = Self.sizeOfFile(path) else {
            return refuse(label, "this is not a file", "folders, pipes and devices are no policies: take it away")
        }
        guard size <= SourceText.largestFile else { return problems.append(SourceText.tooLarge(label, size: size)) }
        guard let bytes = Self.bytes(path) else {
            return refuse(label, "the file cannot be read", "check its permissions, and where it leads if it is a link")
        }
        files.append((label, bytes))
    }

    private mutating func refuse(_ label: String, _ message: String, _ suggestion: String) {
        problems.append(Diagnostic(file: label, code: "unreadable", message: message, suggestion: suggestion))
    }

    /// Bytes of what a name leads to, 0 where it leads nowhere; `nil` for anything but a regular file. To open a pipe
    /// would wait for somebody to write into it.
    private static func sizeOfFile(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return status.isRegular ? Int(status.st_size) : nil
    }

    /// At most one byte more than is allowed: a file that has grown meanwhile is judged with everything else. `nil` where
    /// it cannot be read, or is no longer a file.
    private static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.isRegular else { return nil }
        do {
            // At the end of a file, so at once in an empty one, there is no data.
            return [UInt8](try handle.read(upToCount: SourceText.largestFile + 1) ?? Data())
        } catch {
            return nil
        }
    }
}

extension stat {
    fileprivate var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
}
