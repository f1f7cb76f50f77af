/// How much is measured: environment variables with defaults that let everything finish in a quarter of an hour on two
/// cores.
struct Sizes {
    /// Runs of each thing; the table has their median, least and greatest.
    let runs: Int
    let webhooks: Int
    /// Attachments in the larger inventory, and how many of them are due. The smaller one has a tenth of it.
    let inventory: Int
    let due: Int
    let deletes: Int
    let decisions: Int
    /// Resources given to Cloud Custodian, which takes a second for a few thousand.
    let custodian: Int
    let records: Int

    /// With `LETHE_BENCH_LARGE=1` the inventory has ten million attachments, of which 100,000 are due.
    init(_ environment: [String: String]) {
        func number(_ name: String, _ standard: Int) -> Int {
            environment["LETHE_BENCH_" + name].flatMap { Int($0.replacing("_", with: "")) } ?? standard
        }
        let isLarge = environment["LETHE_BENCH_LARGE"] == "1"
        runs = max(1, number("RUNS", isLarge ? 3 : 5))
        webhooks = number("WEBHOOKS", 100_000)
        inventory = number("INVENTORY", isLarge ? 10_000_000 : 1_000_000)
        due = number("DUE", inventory / 100)
        deletes = number("DELETES", 20_000)
        decisions = number("DECISIONS", 1_000_000)
        custodian = number("CUSTODIAN", 50_000)
        records = number("RECORDS", 1_000_000)
    }
}
