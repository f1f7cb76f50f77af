import Foundation

/// What one thing measured several times.
struct Samples {
    let values: [Double]

    init(_ values: [Double]) {
        self.values = values.sorted()
    }

    var least: Double { values.first ?? .nan }
    var greatest: Double { values.last ?? .nan }

    var median: Double {
        guard !values.isEmpty else { return .nan }
        let middle = values.count / 2
        return values.count.isMultiple(of: 2) ? (values[middle - 1] + values[middle]) / 2 : values[middle]
    }

    /// Seconds for `count` count, as things a second.
    func rate(of count: Int) -> Samples { Samples(values.map { Double(count) / $0 }) }
}

/// The time that this process had a core, for what runs on one: a busy machine does not change it, and it is what
/// `openssl speed` counts by.
enum ProcessorTime {
    /// POSIX has a million of the clock's units in a second.
    static var seconds: Double { Double(clock()) / 1_000_000 }

    static func seconds<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> Double {
        let start = seconds
        try body()
        return seconds - start
    }
}

extension ContinuousClock.Instant {
    var secondsUntilNow: Double { duration(to: .now) / .seconds(1) }
}

/// Two things in turns, so that a slow moment of the machine is felt by both; the first turn of each warms up and is not
/// counted where `warmsUp`.
func inTurns(
    _ runs: Int, warmsUp: Bool = true, _ lethe: () throws -> Double, _ reference: () throws -> Double
) rethrows -> (lethe: Samples, reference: Samples) {
    var ours: [Double] = []
    var theirs: [Double] = []
    for run in (warmsUp ? -1 : 0)..<runs {
        let first = try lethe()
        let second = try reference()
        guard run >= 0 else { continue }
        ours.append(first)
        theirs.append(second)
    }
    return (Samples(ours), Samples(theirs))
}

enum Memory {
    /// The most this process ever had in memory, in MB (10^6 bytes). `ru_maxrss` would count the parent's too.
    static var peakMegabytes: Double {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return .nan }
        for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
            return (kilobytes ?? .nan) * 1024 / 1_000_000
        }
        return .nan
    }
}
