import Foundation
import GRDBSQLite
import Synchronization

/// Whether the host of one world is alive. Every write of a database and every call of the vendor is an act; a host that
/// dies does so between two of them, and nothing that it still does reaches a disk or the vendor.
final class Fate: Sendable {
    private struct State {
        var isDead = false
        /// Acts until it dies; `nil` = it does not.
        var left: Int?
        var acts = 0
    }

    private let state = Mutex(State())
    /// The key directory is no database: it is moved out of reach.
    private let keys: URL

    init(workspace: URL) { keys = workspace.appending(path: "keys") }

    var isDead: Bool { state.withLock { $0.isDead } }
    var acts: Int { state.withLock { $0.acts } }

    func die(after acts: Int) { state.withLock { $0.left = acts } }
    func forgetDeath() { state.withLock { $0.left = nil } }

    /// `false`: the host is dead, the act does not happen.
    func act() -> Bool {
        let (isAlive, diesNow) = state.withLock { state -> (Bool, Bool) in
            guard !state.isDead else { return (false, false) }
            state.acts += 1
            guard let left = state.left else { return (true, false) }
            state.left = left - 1
            if left > 0 { return (true, false) }
            state.isDead = true
            return (false, true)
        }
        if diesNow { _ = rename(keys.path, keys.path + ".dead") }
        return isAlive
    }

    func revive() {
        guard isDead else { return forgetDeath() }
        _ = rename(keys.path + ".dead", keys.path)
        state.withLock { $0 = State(acts: $0.acts) }
    }
}

/// Puts `Fate` between SQLite and the files: its system calls for writing ask whether the host is still alive.
enum DiskHook {
    private struct Registry {
        var folders: [String: Fate] = [:]
        var files: [Int32: Fate] = [:]
    }

    private static let registry = Mutex(Registry())

    static func watch(_ folder: URL, _ fate: Fate) { registry.withLock { $0.folders[folder.path] = fate } }
    static func forget(_ folder: URL) { registry.withLock { _ = $0.folders.removeValue(forKey: folder.path) } }

    fileprivate static func opened(_ file: Int32, _ path: String) {
        let folder = (path as NSString).deletingLastPathComponent
        registry.withLock { $0.files[file] = $0.folders[folder] }
    }

    fileprivate static func closed(_ file: Int32) { registry.withLock { $0.files[file] = nil } }
    fileprivate static func mayWrite(_ file: Int32) -> Bool { registry.withLock { $0.files[file] }?.act() ?? true }
    fileprivate static func mayRemove(_ path: String) -> Bool {
        let folder = (path as NSString).deletingLastPathComponent
        return registry.withLock { $0.folders[folder] }.map { !$0.isDead } ?? true
    }

    /// Once a process, before the first database is opened.
    static let install: Void = {
        sqlite3_initialize()
        guard let vfs = sqlite3_vfs_find(nil), let set = vfs.pointee.xSetSystemCall else { return }
        let opening: @convention(c) (UnsafePointer<CChar>?, Int32, Int32) -> Int32 = { path, flags, mode in
            guard let path else { return -1 }
            let file = open(path, flags, mode_t(mode))
            if file >= 0 { DiskHook.opened(file, String(cString: path)) }
            return file
        }
        let closing: @convention(c) (Int32) -> Int32 = { file in
            DiskHook.closed(file)
            return close(file)
        }
        let writing: @convention(c) (Int32, UnsafeRawPointer?, Int, Int) -> Int = { file, bytes, count, offset in
            guard let bytes, DiskHook.mayWrite(file) else { return DiskHook.broken() }
            return pwrite(file, bytes, count, off_t(offset))
        }
        let cutting: @convention(c) (Int32, Int) -> Int32 = { file, size in
            DiskHook.mayWrite(file) ? ftruncate(file, off_t(size)) : Int32(DiskHook.broken())
        }
        let removing: @convention(c) (UnsafePointer<CChar>?) -> Int32 = { path in
            guard let path, DiskHook.mayRemove(String(cString: path)) else { return Int32(DiskHook.broken()) }
            return unlink(path)
        }
        _ = set(vfs, "open", unsafeBitCast(opening, to: sqlite3_syscall_ptr.self))
        _ = set(vfs, "close", unsafeBitCast(closing, to: sqlite3_syscall_ptr.self))
        _ = set(vfs, "ftruncate", unsafeBitCast(cutting, to: sqlite3_syscall_ptr.self))
        _ = set(vfs, "unlink", unsafeBitCast(removing, to: sqlite3_syscall_ptr.self))
        for name in ["pwrite", "pwrite64"] where vfs.pointee.xGetSystemCall(vfs, name) != nil {
            _ = set(vfs, name, unsafeBitCast(writing, to: sqlite3_syscall_ptr.self))
        }
    }()

    private static func broken() -> Int {
        errno = EIO
        return -1
    }
}
