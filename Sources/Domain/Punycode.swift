/// Unicode host names as the ASCII that the network uses: each label that needs it becomes `xn--` and its Punycode (RFC 3492),
/// so that `bücher.example` and `xn--bcher-kva.example` are one host.
package enum Punycode {
    /// The host with A-labels. `host` is in lower case and NFC. `nil` for what has none: an empty or a too long label, a
    /// character that no name has (RFC 5892, appendix B.1: controls, spaces, private and unassigned ones), a mark without its
    /// letter.
    package static func asciiHost(_ host: String) -> String? {
        if host.utf8.allSatisfy({ $0 < 0x80 }) { return host }
        var labels: [String] = []
        for label in host.unicodeScalars.split(omittingEmptySubsequences: false, whereSeparator: isDot) {
            guard let ascii = aLabel(Array(label)) else { return nil }
            labels.append(ascii)
        }
        let ascii = labels.joined(separator: ".")
        return ascii.utf8.count <= 253 ? ascii : nil
    }

    /// The full stop and what East Asian keyboards give for it (RFC 3490, section 3.1).
    private static func isDot(_ scalar: Unicode.Scalar) -> Bool {
        ".\u{3002}\u{FF0E}\u{FF61}".unicodeScalars.contains(scalar)
    }

    private static func aLabel(_ label: [Unicode.Scalar]) -> String? {
        guard let first = label.first, label.count <= 63 else { return nil }
        if label.allSatisfy(\.isASCII) { return String(String.UnicodeScalarView(label)) }
        guard label.allSatisfy(isOfNames), !isMark(first), first != "-", label.last != "-" else { return nil }
        let ascii = "xn--" + encode(label.map { Int($0.value) })
        return ascii.utf8.count <= 63 ? ascii : nil
    }

    private static func isOfNames(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator, .uppercaseLetter, .titlecaseLetter:
            false
        default: true
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        [.nonspacingMark, .spacingMark, .enclosingMark].contains(scalar.properties.generalCategory)
    }

    /// RFC 3492, section 6.3. At most 63 points below 0x110000 come in, so no sum overflows.
    private static func encode(_ points: [Int]) -> String {
        var output = points.filter { $0 < 0x80 }.map { UInt8($0) }
        let basic = output.count
        var handled = basic
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var (next, delta, bias) = (0x80, 0, 72)
        while handled < points.count {
            let least = points.lazy.filter { $0 >= next }.min() ?? next
            delta += (least - next) * (handled + 1)
            next = least
            for point in points {
                if point < next { delta += 1 }
                guard point == next else { continue }
                output += digits(of: delta, bias: bias)
                bias = adapt(delta, handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            next += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// A number in digits of a base that grows from place to place.
    private static func digits(of delta: Int, bias: Int) -> [UInt8] {
        var digits: [UInt8] = []
        var (rest, place) = (delta, 36)
        while true {
            let threshold = min(max(place - bias, 1), 26)
            guard rest >= threshold else { return digits + [digit(rest)] }
            digits.append(digit(threshold + (rest - threshold) % (36 - threshold)))
            rest = (rest - threshold) / (36 - threshold)
            place += 36
        }
    }

    /// a to z, then 0 to 9.
    private static func digit(_ value: Int) -> UInt8 {
        UInt8(value < 26 ? Int(UInt8(ascii: "a")) + value : Int(UInt8(ascii: "0")) + value - 26)
    }

    /// RFC 3492, section 6.1.
    private static func adapt(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
        var rest = isFirst ? delta / 700 : delta / 2
        rest += rest / count
        var bias = 0
        while rest > 455 {
            rest /= 35
            bias += 36
        }
        return bias + 36 * rest / (rest + 38)
    }
}
