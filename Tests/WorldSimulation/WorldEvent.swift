/// One thing that operators, the vendor or fate do. Everything about it follows from the seed of the world, its salt, and
/// what the world is like by then, so that events before it can be left out.
struct WorldEvent: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case wait, ingest, sync, run, erase, hold, release
    }

    let kind: Kind
    let salt: UInt64
    /// The host dies during it.
    let isFatal: Bool

    /// The life of one world.
    static func life(seed: UInt64) -> [WorldEvent] {
        var dice = Dice.fixed(seed, 2)
        let weights: [(Kind, Int)] = [
            (.wait, 4), (.ingest, 6), (.sync, 3), (.run, 7), (.erase, 4), (.hold, 3), (.release, 2),
        ]
        var events = [WorldEvent(kind: .ingest, salt: dice.word(), isFatal: false)]
        for _ in 0..<dice.number(10...40) {
            guard let kind = dice.pick(weights) else { continue }
            events.append(WorldEvent(kind: kind, salt: dice.word(), isFatal: dice.chance(0.12)))
        }
        return events
    }
}
