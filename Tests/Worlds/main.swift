import WorldSimulation

let run = try WorldRun()
let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let (first, last) = (arguments.first ?? 1, arguments.last ?? 1)
for seed in first...max(first, last) {
    guard let failure = try await run.live(seed: seed, showing: first == last) else { continue }
    print("seed \(failure.seed)")
    for line in failure.trace { print("  \(line)") }
    for violation in failure.violations { print("  VIOLATION \(violation)") }
}
for (name, count) in run.counts.sorted(by: { $0.key < $1.key }) { print(count, name) }
run.remove()
