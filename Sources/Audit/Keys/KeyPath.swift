import Domain
import Foundation

/// Who could put other keys in the place of ours: every folder on the way to the key directory, as the system follows it, links included.
enum KeyPath {
    /// Throws where somebody other than root and this user owns a folder or a link on the way, or can write in a folder. In one with
    /// the sticky bit nobody replaces what is another's.
    static func check(_ directory: URL) throws(LetheError) {
        var rest = components(directory.path)
        var path = ""
        var links = 0
        while let name = rest.popLast() {
            if name == ".." {
                path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
                continue
            }
            let next = path + "/" + name
            var status = stat()
            guard lstat(next, &status) == 0 else { return }
            try owned(next, status.st_uid)
            guard status.st_mode & S_IFMT == S_IFLNK else {
                path = next
                // Its own mode is for whoever looks at the keys themselves.
                if !rest.isEmpty { try closed(path, status) }
                continue
            }
            links += 1
            guard links <= 40, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: next) else {
                throw refusal("\(next), on the way to the keys, is a link that leads nowhere", "remove it")
            }
            if target.hasPrefix("/") { path = "" }
            rest += components(target)
        }
    }

    /// Secrets may be mounted by root.
    private static func owned(_ path: String, _ owner: uid_t) throws(LetheError) {
        guard owner != 0, owner != geteuid() else { return }
        throw refusal(
            "\(path), on the way to the keys, belongs to another user",
            "chown it, or keep the keys elsewhere: audit.keys")
    }

    private static func closed(_ path: String, _ status: stat) throws(LetheError) {
        let isSticky = status.st_mode & S_ISVTX != 0
        let isOfGroup = status.st_mode & S_IWGRP != 0 && status.st_gid != getegid() && status.st_gid != 0
        guard !isSticky, status.st_mode & S_IWOTH != 0 || isOfGroup else { return }
        throw refusal(
            "others can replace what is in \(path), which is on the way to the keys",
            "chmod go-w \(path), or keep the keys elsewhere: audit.keys")
    }

    /// The last one first.
    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }.reversed()
    }

    private static func refusal(_ problem: String, _ hint: String) -> LetheError {
        LetheError("open-key-path", .configuration, problem, hint: hint)
    }
}
