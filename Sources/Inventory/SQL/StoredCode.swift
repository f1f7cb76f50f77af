internal import Domain

/// An enumeration that the big tables keep as a small integer: its place in `codes`, where new cases go to the end and
/// none ever moves.
protocol StoredCode: Equatable {
    static var codes: [Self] { get }
    var code: Int64 { get }
}

extension StoredCode {
    init?(code: Int64?) {
        guard let code, let index = Int(exactly: code), Self.codes.indices.contains(index) else { return nil }
        self = Self.codes[index]
    }
}

extension Direction: StoredCode {
    static let codes: [Direction] = [.inbound, .outbound]
    var code: Int64 { self == .inbound ? 0 : 1 }
}

extension AttachmentSource: StoredCode {
    static let codes: [AttachmentSource] = [.message, .upload, .voiceMemo, .sticker]
    var code: Int64 {
        switch self {
        case .message: 0
        case .upload: 1
        case .voiceMemo: 2
        case .sticker: 3
        }
    }
}

extension AttachmentState: StoredCode {
    static let codes: [AttachmentState] = [.live, .gone, .expired]
    var code: Int64 {
        switch self {
        case .live: 0
        case .gone: 1
        case .expired: 2
        }
    }
}

extension Tier: StoredCode {
    static let codes: [Tier] = [.persistent, .ephemeral]
    var code: Int64 { self == .persistent ? 0 : 1 }
}

/// The forms of URL that were seen of one attachment, as bits.
struct SeenLayouts: OptionSet, Equatable {
    let rawValue: Int64
    static let persistent = SeenLayouts(rawValue: 1)
    static let other = SeenLayouts(rawValue: 2)

    init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    init(_ layout: URLLayout?) {
        switch layout {
        case .persistent: self = .persistent
        case .other: self = .other
        case nil: self = []
        }
    }
}
