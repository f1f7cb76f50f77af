/// The part of a line that a diagnostic shows. A line may have a million characters and as many mistakes, so no
/// diagnostic keeps more than what is near its column.
struct SourceExcerpt: Sendable, Equatable {
    /// `…` stands for what was cut off at either end, `?` for what a terminal would act on or nobody would see.
    let text: String
    /// Scalars of `text` before the column.
    let caret: Int

    /// How many scalars are kept on either side of the column.
    private static let reach = 80

    init(text: String, caret: Int) {
        self.text = text
        self.caret = caret
    }

    /// The neighbourhood of the scalar at `offset` of a line; one past its end is as good.
    init(_ line: ArraySlice<Unicode.Scalar>, at offset: Int) {
        let target = min(max(offset, 0), line.count)
        let start = max(0, target - Self.reach)
        let end = min(line.count, target + Self.reach)
        self.init(line, shown: start..<end, at: target)
    }

    /// At most `width` scalars of it around the caret.
    func narrowed(to width: Int) -> SourceExcerpt {
        let scalars = Array(text.unicodeScalars)[...]
        let start = caret < width - 1 ? 0 : caret - width / 2
        return SourceExcerpt(scalars, shown: start..<min(scalars.count, start + width), at: caret)
    }

    private init(_ line: ArraySlice<Unicode.Scalar>, shown: Range<Int>, at target: Int) {
        var scalars = line.dropFirst(shown.lowerBound).prefix(shown.count).map(Self.harmless)
        if shown.lowerBound > 0, target > shown.lowerBound { scalars[0] = "…" }
        if shown.upperBound < line.count, target < shown.upperBound - 1 { scalars[scalars.count - 1] = "…" }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        text = String(view)
        caret = target - shown.lowerBound
    }

    private static func harmless(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar == "\t" ? " " : RefusedScalar(scalar) == nil ? scalar : "?"
    }
}
