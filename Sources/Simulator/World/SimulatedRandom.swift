/// SplitMix64: the same seed gives the same account, the same ids and the same faults on every machine.
struct SimulatedRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mix(state)
    }

    /// A UUID of version 4.
    mutating func uuid() -> UInt128 {
        let bits = UInt128(next()) << 64 | UInt128(next())
        let version: UInt128 = 0xF000 << 64
        let variant: UInt128 = 0xC000 << 48
        return bits & ~version & ~variant | (0x4000 << 64) | (0x8000 << 48)
    }

    /// 0 ..< 1.
    mutating func share() -> Double { Self.share(next()) }

    static func share(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
