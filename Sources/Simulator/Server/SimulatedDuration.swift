/// `200ms`, `1.5s`, `2m`, `25h` or `3d`.
enum SimulatedDuration {
    private static let units: [(suffix: String, microseconds: Double)] = [
        ("ms", 1e3), ("s", 1e6), ("m", 60e6), ("h", 3600e6), ("d", 86_400e6),
    ]

    /// `nil` for anything else; a leading minus sign goes back.
    static func microseconds(_ text: String) -> Int64? {
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let value = Double(text.dropLast(unit.suffix.count)), abs(value) <= 100_000 else { return nil }
            return Int64(value * unit.microseconds)
        }
        return nil
    }
}
