/// One thing that operators, the vendor or fate do. Everything about it follows from the seed of the world, its salt, and
/// what the world is like by then, so that events before it can be left out.
struct WorldEvent: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case wait, ingest, sync, run, erase, hold, release
        case resume, approve, apply, cancel, refuse, withdraw
        /// `lethe run` without `--apply`: a plan that somebody may approve.
        case plan
        case verify
        case editPolicies, unlock
        case backUp, restore
        case clockWrong, clockRight
        case stopFile, signal
        /// A number of ours goes or comes back.
        case lineReleased
    }

    let kind: Kind
    let salt: UInt64
    /// The host dies during it.
    let isFatal: Bool

    /// The life of one world.
    static func life(seed: UInt64) -> [WorldEvent] {
        var dice = Dice.fixed(seed, 2)
        let weights: [(Kind, Int)] = [
            (.wait, 12), (.ingest, 18), (.sync, 8), (.run, 20), (.erase, 10), (.hold, 7), (.release, 5),
            (.resume, 8), (.approve, 5), (.apply, 6), (.cancel, 2), (.refuse, 1), (.withdraw, 1), (.plan, 4),
            (.verify, 4), (.editPolicies, 5), (.unlock, 1), (.backUp, 3), (.restore, 2), (.clockWrong, 2),
            (.clockRight, 3), (.stopFile, 1), (.signal, 3), (.lineReleased, 1),
        ]
        var events = [WorldEvent(kind: .ingest, salt: dice.word(), isFatal: false)]
        for _ in 0..<dice.number(10...40) {
            guard let kind = dice.pick(weights) else { continue }
            events.append(WorldEvent(kind: kind, salt: dice.word(), isFatal: dice.chance(0.12)))
        }
        return events
    }
}
