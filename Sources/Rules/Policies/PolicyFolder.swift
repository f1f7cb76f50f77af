import Domain
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

    /// There is nothing of that name, which is not the same as a folder that cannot be read.
    static func isMissing(_ directory: URL) -> Bool {
        var status = stat()
        return stat(directory.path, &status) != 0 && errno == ENOENT
    }

    /// Warnings for what looks like a policy and is not read as one: hidden files, and files in folders inside. The tests
    /// have a folder of their own, and editors put locks (`.#name`) beside what they edit.
    static func notLoaded(_ directory: URL, shownAs shown: String) -> [Diagnostic] {
        let listing = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return listing.sorted().compactMap { entry in
            if entry.hasPrefix(".") {
                guard isYAML(entry), !entry.hasPrefix(".#") else { return nil }
                return notLoaded(
                    "\(shown)/\(entry)", "a hidden file is not read as a policy", "take the dot away, or the file")
            }
            guard entry != "tests", !isPolicyFile(entry) else { return nil }
            let folder = directory.appending(path: entry, directoryHint: .isDirectory)
            guard let file = firstPolicyFile(under: folder) else { return nil }
            return notLoaded(
                "\(shown)/\(entry)", "policies in a folder inside are not read",
                "move \(file.beginning(40)) and the like into \(shown), or the folder out of it")
        }
    }

    private static func notLoaded(_ label: String, _ message: String, _ suggestion: String) -> Diagnostic {
        Diagnostic(file: label, severity: .warning, code: "not-loaded", message: message, suggestion: suggestion)
    }

    /// Whoever keeps a thousand other things in there does not take it for a folder of policies.
    private static func firstPolicyFile(under folder: URL) -> String? {
        let entries = FileManager.default.enumerator(
            at: folder, includingPropertiesForKeys: nil, options: [.skipsHiddenFiles])
        var left = 1000
        while left > 0, let entry = entries?.nextObject() as? URL {
            if isPolicyFile(entry.lastPathComponent) { return entry.lastPathComponent }
            left -= 1
        }
        return nil
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
