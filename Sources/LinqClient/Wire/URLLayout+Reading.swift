import Domain

extension URLLayout {
    /// The guide's persistent layout and nothing else (section 5): host `cdn.linqapp.com`, two UUIDs and a file name, no
    /// query, fragment, port or user. Other sources show other layouts (linq-api, D10): those prove nothing.
    init(of url: String) {
        let prefix = "https://cdn.linqapp.com/attachments/partners/"
        guard url.hasPrefix(prefix) else {
            self = .other
            return
        }
        let path = url.utf8.dropFirst(prefix.utf8.count)
        let pieces = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = !path.contains { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") || $0 <= 0x20 }
        let isPersistent =
            isPlain && pieces.count == 3 && !pieces[2].isEmpty
            && pieces.prefix(2).allSatisfy { String(Substring($0)).isUUID }
        self = isPersistent ? .persistent : .other
    }
}

extension String {
    fileprivate var isUUID: Bool { (try? AttachmentID(self)) != nil }
}
