internal import Cryptography
package import Domain
package import Foundation

/// The keys behind the subject register: `lookup.key`, one key per line as 64 hex digits, oldest first.
///
/// A phone number has about 10^10 possible values, so a plain hash would hide nothing: everything rests on this file.
/// Rotation appends a key, and each lookup becomes `HMAC(new key, lookup)`, so a handle is looked up through the whole list:
///
///     lookup = HMAC(k_n, … HMAC(k_2, HMAC(k_1, "lethe-lookup/v1\n" + canonical handle)))
package struct LookupKeys: Sendable {
    private let keys: [[UInt8]]

    /// Each at least 32 bytes.
    package init(_ keys: [[UInt8]]) throws(LetheError) {
        guard !keys.isEmpty, keys.allSatisfy({ $0.count == 32 }) else {
            throw LetheError("invalid-key", .configuration, "lookup.key must hold keys of 64 hex digits, one per line")
        }
        self.keys = keys
    }

    package var count: Int { keys.count }

    /// 32 bytes.
    package func lookup(_ handle: Handle) throws(LetheError) -> [UInt8] {
        try chain(Array("lethe-lookup/v1\n".utf8) + Array(handle.canonical.utf8), from: 0)
    }

    /// A lookup that the first `count` keys made, as all of them make it.
    func advance(_ lookup: [UInt8], past count: Int) throws(LetheError) -> [UInt8] {
        try chain(lookup, from: count)
    }

    /// Tells the right key file from another one, and gives nothing of it away.
    func check(first count: Int) throws(LetheError) -> String {
        var value = Array("lethe-lookup/v1 check\n".utf8)
        for key in keys.prefix(count) { value = try HMACSHA256.authenticate(value, key: key) }
        return Hex.encode(value.prefix(8))
    }

    private func chain(_ message: [UInt8], from first: Int) throws(LetheError) -> [UInt8] {
        var value = message
        for key in keys.dropFirst(first) { value = try HMACSHA256.authenticate(value, key: key) }
        return value
    }
}

extension LookupKeys {
    /// Makes the file with one new key; refuses where there is one already, since without it nobody is found again.
    package static func create(at url: URL) throws(LetheError) -> LookupKeys {
        guard !FileManager.default.fileExists(atPath: url.path) else {
            throw LetheError("key-exists", .refused, "there is a \(url.lastPathComponent) already")
        }
        let keys = try LookupKeys([Randomness.bytes(32)])
        try keys.write(to: url)
        return keys
    }

    package static func load(from url: URL) throws(LetheError) -> LookupKeys {
        let name = url.lastPathComponent
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: url.path),
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue
        else {
            throw LetheError(
                "missing-key", .configuration, "there is no \(name)",
                hint: "put back the copy from your secret store: without it no data subject can be found again")
        }
        guard mode & 0o077 == 0 else {
            throw LetheError(
                "key-readable", .configuration, "\(name) can be read by others (mode 0\(String(mode, radix: 8)))",
                hint: "chmod 600 \(url.path)")
        }
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw LetheError("unreadable-key", .configuration, "\(name) cannot be read")
        }
        var keys: [[UInt8]] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            guard let key = Hex.decode(line) else {
                throw LetheError("invalid-key", .configuration, "\(name) holds a line that is not 64 hex digits")
            }
            keys.append(key)
        }
        return try LookupKeys(keys)
    }

    /// Appends a new key. The inventory takes it over when it is opened with the result: a crash in between loses nothing.
    package static func rotate(at url: URL) throws(LetheError) -> LookupKeys {
        let rotated = try LookupKeys(load(from: url).keys + [Randomness.bytes(32)])
        try rotated.write(to: url)
        return rotated
    }

    /// Whole or not at all: a new file, on disk, renamed over the old one.
    private func write(to url: URL) throws(LetheError) {
        let failure = LetheError("key-not-written", .failed, "\(url.lastPathComponent) cannot be written")
        let draft = url.path + ".new"
        let bytes = Array(keys.map { Hex.encode($0) + "\n" }.joined().utf8)
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard file >= 0 else { throw failure }
        let written = bytes.withUnsafeBytes { writeAll(file, $0) } && fsync(file) == 0
        close(file)
        guard written, rename(draft, url.path) == 0 else {
            unlink(draft)
            throw failure
        }
        let folder = open(url.deletingLastPathComponent().path, O_RDONLY)
        guard folder >= 0 else { throw failure }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure }
    }

    private func writeAll(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        Foundation.write(file, bytes.baseAddress, bytes.count) == bytes.count
    }
}
