import Cryptography
import Domain
import Foundation

/// Files that must be whole and on the disk when a call returns.
enum DurableFile {
    /// Temporary file, fsync, rename, fsync of the directory. With `erasingOld`, the bytes of the file that is replaced
    /// are overwritten with zeros once the new one is in place.
    static func write(
        _ bytes: [UInt8], to url: URL, mode: mode_t = 0o600, erasingOld: Bool = false
    ) throws(LetheError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(LetheError) in
            try write(UnsafeRawBufferPointer(buffer), to: url, mode, erasingOld)
        }
    }

    /// The same of a key.
    static func write(_ secret: SecretBytes, to url: URL, erasingOld: Bool = false) throws(LetheError) {
        try secret.withUnsafeBytes { (bytes) throws(LetheError) in try write(bytes, to: url, 0o600, erasingOld) }
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to url: URL, _ mode: mode_t, _ erasingOld: Bool
    ) throws(LetheError) {
        let temporary = temporary(url)
        unlink(temporary.path)
        let file = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure(url) }
        let isWritten = writeAll(bytes, to: file) && fsync(file) == 0
        close(file)
        guard isWritten else {
            unlink(temporary.path)
            throw failure(url)
        }
        let old = erasingOld ? open(url.path, O_WRONLY | O_CLOEXEC) : -1
        defer { if old >= 0 { close(old) } }
        try move(temporary, to: url)
        if old >= 0 { erase(old) }
    }

    /// What `url` is written as until it is whole; a crash may leave it.
    static func temporary(_ url: URL) -> URL {
        url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).tmp")
    }

    /// The whole file under a new name, on the disk when this returns; half of it never has that name.
    static func copy(_ source: URL, to target: URL) throws(LetheError) {
        let temporary = temporary(target)
        unlink(temporary.path)
        do { try FileManager.default.copyItem(at: source, to: temporary) } catch { throw failure(target) }
        let file = open(temporary.path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(target) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure(target) }
        try move(temporary, to: target)
    }

    /// Rename and fsync of the directory it goes to.
    static func move(_ source: URL, to target: URL) throws(LetheError) {
        guard rename(source.path, target.path) == 0 else { throw failure(target) }
        try syncDirectory(target.deletingLastPathComponent())
    }

    static func syncDirectory(_ url: URL) throws(LetheError) {
        let directory = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure(url) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure(url) }
    }

    /// `nil` where there is no such file. Of a file that is longer than `longest` one byte more is read, or some thousand, enough
    /// to tell that it is too long.
    static func read(_ url: URL, atMost longest: Int = SignedNote.longest) throws(LetheError) -> [UInt8]? {
        guard let file = try opened(url) else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= longest {
            let count = piece.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw unreadable(url)
            }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return bytes
    }

    /// `nil` where there is no such file.
    private static func opened(_ url: URL) throws(LetheError) -> Int32? {
        let file = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw unreadable(url)
        }
        return file
    }

    private static func unreadable(_ url: URL) -> LetheError {
        LetheError("unreadable-file", .unreadable, "cannot read \(url.path)")
    }

    /// A file that holds a key, in no other place of memory; `nil` where there is none.
    static func readSecret(_ url: URL) throws(LetheError) -> SecretBytes? {
        guard let file = try opened(url) else { return nil }
        defer { close(file) }
        guard let secret = SecretBytes(reading: file) else {
            throw unreadable(url)
        }
        return secret
    }

    static func exists(_ url: URL) -> Bool {
        var status = stat()
        return stat(url.path, &status) == 0
    }

    static func makeDirectory(_ url: URL, mode: mode_t) throws(LetheError) {
        if exists(url) { return }
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: Int(mode)])
        } catch {
            throw failure(url)
        }
        try syncDirectory(url.deletingLastPathComponent())
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let written = Foundation.write(file, rest.baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
        return true
    }

    /// Overwrites the bytes with zeros and removes the file, if it is there.
    static func eraseAndRemove(_ url: URL) {
        let file = open(url.path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        erase(file)
        close(file)
        unlink(url.path)
    }

    private static func erase(_ file: Int32) {
        var status = stat()
        guard fstat(file, &status) == 0 else { return }
        let zeros = [UInt8](repeating: 0, count: Int(status.st_size))
        _ = zeros.withUnsafeBytes { writeAll($0, to: file) }
        fsync(file)
    }

    private static func failure(_ url: URL) -> LetheError {
        LetheError(
            "audit-write-failed", .failed, "cannot write \(url.path): \(String(cString: strerror(errno)))",
            hint: "check the disk and the permissions; nothing is deleted at the vendor without the audit log")
    }
}
