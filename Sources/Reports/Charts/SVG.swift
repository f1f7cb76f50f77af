/// Builds one `<svg>` element. Colours are CSS classes of the page, so that one drawing serves light, dark and paper;
/// texts are escaped here and nowhere else.
struct SVG {
    private var body = ""
    private let width: Int
    private let height: Int
    private let id: String
    private let title: String
    private let description: String

    init(id: String, title: String, description: String, width: Int = 760, height: Int) {
        self.id = id
        self.title = title
        self.description = description
        self.width = width
        self.height = height
    }

    enum Anchor: String {
        case start, middle, end
    }

    /// A filled rectangle; `tip` is shown on hover and read aloud.
    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, tip: String? = nil
    ) {
        guard width > 0, height > 0 else { return }
        body +=
            "<rect class=\"\(style)\" x=\"\(fixed(x))\" y=\"\(fixed(y))\" width=\"\(fixed(width))\" height=\"\(fixed(height))\""
        if let tip {
            body += "><title>\(escapeMarkup(tip))</title></rect>"
        } else {
            body += "/>"
        }
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        body +=
            "<line class=\"\(style)\" x1=\"\(fixed(x1))\" y1=\"\(fixed(y1))\" x2=\"\(fixed(x2))\" y2=\"\(fixed(y2))\"/>"
    }

    mutating func circle(_ x: Double, _ y: Double, _ radius: Double, _ style: String) {
        body += "<circle class=\"\(style)\" cx=\"\(fixed(x))\" cy=\"\(fixed(y))\" r=\"\(fixed(radius))\"/>"
    }

    mutating func text(_ text: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start, _ style: String = "label") {
        body += "<text class=\"\(style)\" x=\"\(fixed(x))\" y=\"\(fixed(y))\" text-anchor=\"\(anchor.rawValue)\">"
        body += "\(escapeMarkup(text))</text>"
    }

    /// Swatches with names in a row, starting at `x`.
    mutating func legend(_ entries: [(style: String, name: String)], x: Double, y: Double) {
        var x = x
        for entry in entries {
            rectangle(x, y - 9, 11, 11, entry.style)
            text(entry.name, x + 17, y)
            x += 17 + Double(entry.name.count) * 6.6 + 20
        }
    }

    var text: String {
        "<svg role=\"img\" aria-labelledby=\"\(id)-t \(id)-d\" viewBox=\"0 0 \(width) \(height)\" "
            + "xmlns=\"http://www.w3.org/2000/svg\"><title id=\"\(id)-t\">\(escapeMarkup(title))</title>"
            + "<desc id=\"\(id)-d\">\(escapeMarkup(description))</desc>\(body)</svg>"
    }

    func chart() -> Chart { Chart(title: title, alternative: description, svg: text) }
}

/// One decimal, without a trailing zero: the same text on every machine.
func fixed(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let tenths = Int64((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
}

/// For text and quoted attributes of HTML and SVG. Works on scalars: a combining mark after `<` or `"` does not hide it.
func escapeMarkup(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
        switch scalar {
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "&": escaped += "&amp;"
        case "\"": escaped += "&quot;"
        case "'": escaped += "&#39;"
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
