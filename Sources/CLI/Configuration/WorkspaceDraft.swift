import Domain
import Foundation

/// `lethe.yaml.init`: the configuration of a workspace for as long as `lethe init` makes it, locked (flock) by that process.
/// It becomes `lethe.yaml` by a rename at the end, so a folder never has both: what lies beside a draft that nobody locks is
/// what an `init` that was cut short left, and no command ever used it.
final class WorkspaceDraft {
    static let name = "lethe.yaml.init"

    private let workspace: Workspace
    private let url: URL
    private let file: Int32

    /// Takes the draft of this folder or makes one. Throws where another process is making a workspace here.
    init(_ workspace: Workspace) throws(LetheError) {
        self.workspace = workspace
        url = workspace.directory.appending(path: Self.name)
        // Between its opening and its lock another process may have made it the configuration, or removed it.
        for _ in 0..<100 {
            let file = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard file >= 0 else { throw Self.unwritable(url.path) }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                close(file)
                break
            }
            var (opened, found) = (stat(), stat())
            if fstat(file, &opened) == 0, stat(url.path, &found) == 0, opened.st_ino == found.st_ino {
                self.file = file
                return
            }
            close(file)
        }
        throw LetheError(
            "init-going-on", .refused, "another lethe init is making a workspace in \(workspace.directory.path)",
            hint: "wait for it, or choose another folder")
    }

    deinit { close(file) }

    static func exists(in workspace: Workspace) -> Bool {
        FileManager.default.fileExists(atPath: workspace.directory.appending(path: name).path)
    }

    /// What an earlier `init` wrote; empty = it made nothing yet.
    func text() throws(LetheError) -> [UInt8] {
        guard let bytes = try? ReadInput.bytes(url.path) else { throw Self.unwritable(url.path) }
        return [UInt8](bytes)
    }

    /// On disk when it returns: before anything is made that it is to tell of.
    func write(_ text: String) throws(LetheError) {
        let bytes = Array(text.utf8)
        guard ftruncate(file, 0) == 0, pwrite(file, bytes, bytes.count, 0) == bytes.count, fsync(file) == 0,
            Self.sync(workspace.directory)
        else { throw Self.unwritable(url.path) }
    }

    /// The folder is a workspace from here on.
    func publish() throws(LetheError) {
        guard rename(url.path, workspace.configuration.path) == 0, Self.sync(workspace.directory) else {
            throw Self.unwritable(workspace.configuration.path)
        }
    }

    func discard() { unlink(url.path) }

    private static func sync(_ folder: URL) -> Bool {
        let directory = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return false }
        defer { close(directory) }
        return fsync(directory) == 0
    }

    private static func unwritable(_ path: String) -> LetheError {
        LetheError("unwritable", .failed, "\(path) cannot be written", hint: "check the folder and its permissions")
    }
}
