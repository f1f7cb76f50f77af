import Foundation
import WorldSimulation

// lethe-worlds [COUNT [FIRST]] [--one]: `--one` ends with the first failure, as it is. LETHE_WORLD_SEED repeats one and shows what happens in it.
let environment = ProcessInfo.processInfo.environment
let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let run = try WorldRun()
defer { run.remove() }
if let seed = environment["LETHE_WORLD_SEED"].flatMap(UInt64.init) {
    if let life = try await run.live(seed: seed, showing: true) { print(life) }
} else {
    let count = arguments.first ?? 1000
    let first = arguments.dropFirst().first ?? 1
    print("worlds: seeds \(first) to \(first + count - 1)")
    let start = ContinuousClock.now
    let isOne = CommandLine.arguments.contains("--one")
    let failures = try await run.live(Array(first..<first + count), most: isOne ? 1 : 3)
    print("took \(start.duration(to: .now))")
    for failure in failures { print(isOne ? failure : try await run.shrunk(failure)) }
    for (name, count) in run.counts.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(name)") }
    let tame = failures.isEmpty ? run.tame(worlds: Int(count)) : []
    for line in tame { print("too tame: \(line)") }
    if !failures.isEmpty || !tame.isEmpty {
        run.remove()
        exit(1)
    }
}
