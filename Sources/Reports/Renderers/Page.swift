import Domain
import Mustache

/// A page and the shared templates that it includes. Templates escape by default; the only text that goes in unescaped is
/// drawn or written in this room: charts, the style sheet and the signs.
struct Page: Sendable {
    private let library: MustacheLibrary
    private let name: String

    /// A mistake in a template is our bug and is thrown as such.
    init(_ name: String, _ text: String) throws(LetheError) {
        var library = MustacheLibrary()
        for (name, text) in Asset.sharedTemplates.merging([name: text], uniquingKeysWith: { $1 }) {
            do { try library.register(text, named: name) } catch {
                throw LetheError("template", .failed, "the template `\(name)` does not parse: \(error)")
            }
        }
        self.library = library
        self.name = name
    }

    func render(_ view: Any) throws(LetheError) -> String {
        guard let text = library.render(view, withTemplate: name) else {
            throw LetheError("template", .failed, "there is no template `\(name)`")
        }
        return text
    }
}

/// Text for a template. The templates escape whole characters, so a `<` or `"` that hides in one with a combining mark
/// would slip through: a zero-width space parts the two.
func plain(_ text: String) -> String {
    func isMarkup(_ scalar: Unicode.Scalar) -> Bool { "<>&\"'".unicodeScalars.contains(scalar) }
    guard text.contains(where: { $0.unicodeScalars.count > 1 && $0.unicodeScalars.contains(where: isMarkup) }) else {
        return text
    }
    var parted = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if isMarkup(scalar) {
            parted.append(contentsOf: ["\u{200B}", scalar, "\u{200B}"])
        } else {
            parted.append(scalar)
        }
    }
    return String(parted)
}
