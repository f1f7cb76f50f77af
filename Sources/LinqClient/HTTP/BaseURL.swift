package import Domain

/// The address that `/v3/…` is appended to: https, or plain http on loopback only.
package struct BaseURL: Sendable, Equatable, CustomStringConvertible {
    /// Without a final slash.
    package let text: String
    /// Scheme, host and port.
    let origin: Origin

    /// Throws `invalid-base-url`; a URL that carries a user, a query or a fragment is refused without being repeated.
    package init(_ text: String) throws(LetheError) {
        let bare = String(Substring(text).trimmingSpaces())
        guard let origin = Origin(url: bare), !bare.contains("?"), !bare.contains("#") else {
            throw LetheError(
                "invalid-base-url", .configuration, "the base URL is not an address of the form https://host/path",
                hint: "the vendor's is https://api.linqapp.com/api/partner")
        }
        guard origin.scheme == "https" || origin.isLoopback else {
            throw LetheError(
                "insecure-base-url", .configuration, "plain http is accepted for loopback only",
                hint: "use https://, or http://127.0.0.1:PORT for the simulator")
        }
        self.origin = origin
        self.text = String(bare.reversed().drop { $0 == "/" }.reversed())
    }

    package var description: String { text }
}

/// Where a request goes to.
struct Origin: Sendable, Equatable {
    let scheme: String
    /// Lower case; an IPv6 address without its brackets.
    let host: String
    let port: Int

    /// `nil` for anything but an absolute http or https URL of visible ASCII without a user.
    init?(url: String) {
        let pieces = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard pieces.count == 2, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !url.contains("\\") else {
            return nil
        }
        scheme = pieces[0].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        let authority = pieces[1].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { return nil }
        let isBracketed = authority.hasPrefix("[")
        let hostEnd = isBracketed ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":")
        let hostText = authority[..<(hostEnd ?? authority.endIndex)].drop { $0 == "[" }
        var rest = hostEnd.map { authority[$0...] } ?? ""
        if isBracketed { rest = rest.dropFirst() }
        guard !hostText.isEmpty, !isBracketed || hostEnd != nil, rest.isEmpty || rest.hasPrefix(":") else { return nil }
        if rest.isEmpty {
            port = scheme == "https" ? 443 : 80
        } else {
            guard let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
            port = Int(number)
        }
        host = hostText.lowercased()
    }

    /// 127.0.0.0/8, ::1 and the name localhost.
    var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let pieces = host.split(separator: ".", omittingEmptySubsequences: false)
        return pieces.count == 4 && pieces[0] == "127" && pieces.allSatisfy { UInt8($0) != nil }
    }
}
