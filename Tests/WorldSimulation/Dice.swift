import TestSupport

/// Seeded chance, with the few draws that a world needs.
struct Dice {
    private var generator: SeededGenerator

    init(_ seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// The same for the same parts, whatever was drawn before.
    static func fixed(_ parts: UInt64...) -> Dice {
        Dice(parts.reduce(0x1234_5678) { ($0 ^ $1) &* 0x9e37_79b9_7f4a_7c15 &+ ($0 >> 29) })
    }

    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &generator) < share }
    mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
    mutating func seconds(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &generator) }
    mutating func word() -> UInt64 { generator.next() }
    mutating func id() -> UInt128 { UInt128(generator.next()) << 64 | UInt128(generator.next()) }
    mutating func pick<Element>(_ from: [Element]) -> Element? { from.randomElement(using: &generator) }
    mutating func shuffled<Element>(_ list: [Element]) -> [Element] { list.shuffled(using: &generator) }

    /// One of the keys, each as likely as its weight.
    mutating func pick<Element>(_ weights: [(Element, Int)]) -> Element? {
        var place = number(0...max(0, weights.reduce(0) { $0 + $1.1 } - 1))
        for (element, weight) in weights {
            if place < weight { return element }
            place -= weight
        }
        return weights.last?.0
    }
}
