package import Domain
package import Foundation
import Synchronization

/// The right to apply plans in this workspace, held until it is released or the process ends.
///
/// Two locks: on the workspace's folder, which nobody removes without noticing, and on `run.lock` in it, which other tools
/// can look at. A removed `run.lock` lets nobody else in where the file system knows locks on folders; where it does not, the
/// file is compared with the one that was locked before each commit and each DELETE.
package final class RunLease: Sendable {
    private let directory: URL
    private let folder: Int32
    private let file: Int32
    private let isFolderLocked: Bool
    private let isReleased = Mutex(false)

    /// Throws `refused` where another process applies. `tries`, 20 ms apart: who only looks holds it for a moment.
    package init(_ directory: URL, tries: Int = 10) throws(LetheError) {
        self.directory = directory
        let lock = directory.appending(path: "run.lock")
        folder = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        file = open(lock.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        var left = tries
        while left > 1, folder >= 0, flock(folder, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            left -= 1
            usleep(20_000)
        }
        isFolderLocked = folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0
        let isTaken = folder >= 0 && !isFolderLocked && errno == EWOULDBLOCK
        guard file >= 0 else {
            throw LetheError(
                "lease-unavailable", .failed, "run.lock cannot be opened",
                hint: "check the permissions of the workspace")
        }
        guard !isTaken, flock(file, LOCK_EX | LOCK_NB) == 0, isIntact else {
            throw LetheError(
                "run-lease-taken", .refused, "another process is applying a plan in this workspace",
                hint: "wait for it, or see who it is: fuser -v . run.lock")
        }
    }

    /// Throws where another process applies now. Takes it no longer than it needs to look.
    static func refuseTaken(_ directory: URL) throws(LetheError) {
        guard FileManager.default.fileExists(atPath: directory.appending(path: "run.lock").path) else { return }
        _ = try RunLease(directory, tries: 1)
    }

    deinit { release() }

    /// Others may apply from now on, whoever still refers to this.
    package func release() {
        isReleased.withLock { isReleased in
            guard !isReleased else { return }
            isReleased = true
            // Whoever waits waits for the folder.
            if file >= 0 { close(file) }
            if folder >= 0 { close(folder) }
        }
    }

    /// What was locked is still what the workspace's path leads to.
    package var isIntact: Bool {
        isReleased.withLock { isReleased in
            !isReleased && Self.isSame(folder, directory)
                && (isFolderLocked || Self.isSame(file, directory.appending(path: "run.lock")))
        }
    }

    private static func isSame(_ descriptor: Int32, _ url: URL) -> Bool {
        var (opened, found) = (stat(), stat())
        guard fstat(descriptor, &opened) == 0, stat(url.path, &found) == 0 else { return false }
        return opened.st_dev == found.st_dev && opened.st_ino == found.st_ino
    }
}
