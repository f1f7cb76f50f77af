import Domain

/// Writes a POSIX ustar archive piece by piece: files only, names up to 100 bytes, the same bytes for the same input.
final class TarArchive {
    /// Takes the bytes of the archive in their order.
    typealias Sink = (UnsafeRawBufferPointer) throws(LetheError) -> Void

    private let seconds: Int64
    private let sink: Sink
    private var buffer: [UInt8] = []
    private var pending: Int64 = 0
    private var padding = 0

    init(time: Timestamp, to sink: @escaping Sink) {
        seconds = max(0, time.seconds)
        self.sink = sink
        buffer.reserveCapacity(Self.portion + 512)
    }

    private static let portion = 1 << 18

    func add(_ name: String, _ content: [UInt8], mode: Int = 0o644) throws(LetheError) {
        try begin(name, size: Int64(content.count), mode: mode)
        try content.withUnsafeBufferPointer { bytes throws(LetheError) in try append(UnsafeRawBufferPointer(bytes)) }
        try end()
    }

    /// `size` bytes must follow, then `end`. `name` is relative and made of printable ASCII.
    func begin(_ name: String, size: Int64, mode: Int = 0o644) throws(LetheError) {
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !name.hasPrefix("/") && !name.contains("..")
        guard isPlain, (1...100).contains(name.utf8.count), size < 1 << 33 else {
            throw LetheError("invalid-name", .usage, "a file of the bundle has a name or a size that tar cannot hold")
        }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put(Self.octal(mode, 7), at: 100)
        put(Self.octal(0, 7), at: 108)
        put(Self.octal(0, 7), at: 116)
        put(Self.octal(Int(size), 11), at: 124)
        put(Self.octal(Int(seconds), 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        // The sum of all bytes with the field itself as spaces.
        put(Self.octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        buffer += header
        pending = size
        padding = Int((512 - size % 512) % 512)
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(LetheError) {
        buffer.append(contentsOf: bytes)
        pending -= Int64(bytes.count)
        if buffer.count >= Self.portion { try flush() }
    }

    func end() throws(LetheError) {
        guard pending == 0 else {
            throw LetheError(
                "audit-fork", .failed, "the audit log changed while its records were read", hint: "lethe audit verify")
        }
        buffer += [UInt8](repeating: 0, count: padding)
    }

    /// The two empty blocks at the end.
    func finish() throws(LetheError) {
        buffer += [UInt8](repeating: 0, count: 1024)
        try flush()
    }

    private func flush() throws(LetheError) {
        try buffer.withUnsafeBufferPointer { bytes throws(LetheError) in try sink(UnsafeRawBufferPointer(bytes)) }
        buffer.removeAll(keepingCapacity: true)
    }

    private static func octal(_ value: Int, _ width: Int) -> String {
        let digits = String(value, radix: 8)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
