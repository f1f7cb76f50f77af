import Domain

/// A POSIX ustar archive in memory: files only, names up to 100 bytes, the same bytes for the same input.
struct TarArchive {
    private var bytes: [UInt8] = []
    private let seconds: Int64

    init(time: Timestamp) {
        seconds = max(0, time.seconds)
    }

    /// `name` is relative and made of printable ASCII.
    mutating func add(_ name: String, _ content: [UInt8], mode: Int = 0o644) throws(LetheError) {
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !name.hasPrefix("/") && !name.contains("..")
        guard isPlain, (1...100).contains(name.utf8.count), content.count < 1 << 33 else {
            throw LetheError("invalid-name", .usage, "a file of the bundle has a name that tar cannot hold")
        }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put(Self.octal(mode, 7), at: 100)
        put(Self.octal(0, 7), at: 108)
        put(Self.octal(0, 7), at: 116)
        put(Self.octal(content.count, 11), at: 124)
        put(Self.octal(Int(seconds), 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        // The sum of all bytes with the field itself as spaces.
        put(Self.octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        bytes += header
        bytes += content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// With the two empty blocks at the end.
    func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    private static func octal(_ value: Int, _ width: Int) -> String {
        let digits = String(value, radix: 8)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
