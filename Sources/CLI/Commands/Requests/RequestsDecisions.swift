import ArgumentParser
import Domain
import Engine
import Inventory

struct RequestsRefuse: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse",
        abstract: "Answers a request with no, and records the ground.",
        discussion: """
            Nothing may have been carried out yet. Tell the person why, and where they can complain.

            Example: lethe requests refuse 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 --as alex --reason "identity was not shown"
            """)

    @Argument(help: "The request's id.") var id: String
    @OptionGroup var decision: RequestDecision
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        try await decision.reply(id, global, console) {
            try await $0.refuse($1)
        }
    }
}

struct RequestsWithdraw: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "Closes a request that the person withdrew.",
        discussion: """
            What was deleted before that stays deleted.

            Example: lethe requests withdraw 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 --as alex --reason "by letter of the person"
            """)

    @Argument(help: "The request's id.") var id: String
    @OptionGroup var decision: RequestDecision
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let lost: RequestID = try wiring.id(id)
        if try wiring.currentInventory().request(lost) == nil {
            try await wiring.work(vendor: false) { context in
                try DecideRequest(context, rules: wiring.undecided, by: decision.name, reason: decision.reason)
                    .recordLoss(of: lost)
            }
            return Reply(
                "the loss of request \(lost) is on record",
                json: ["request": ["id": JSONValue(lost), "state": "withdrawn"]])
        }
        return try await decision.reply(lost.description, global, console) {
            try await $0.withdraw($1)
        }
    }
}

struct RequestsExtend: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend",
        abstract: "Moves a request's deadline by what the law allows, once.",
        discussion: """
            GDPR and UK: two months more; CCPA: 45 days more. The person must be told within the first period.

            Example: lethe requests extend 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 --as alex --reason "many systems" --told 2027-01-15
            """)

    @Argument(help: "The request's id.") var id: String
    @OptionGroup var decision: RequestDecision
    @Option(help: ArgumentHelp("The day on which the person was told (default: today).", valueName: "date"))
    var told: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let day = try told.map { try time($0, "--told") }
        return try await decision.reply(id, global, console) {
            try $0.extend($1, told: day)
        }
    }
}

/// Who decides, and why: both stay in the log.
struct RequestDecision: ParsableArguments {
    @Option(name: .customLong("as"), help: ArgumentHelp("Who decides it.", valueName: "name")) var name: String
    @Option(help: "Why; no names, numbers or addresses of end-users.") var reason: String

    func reply(
        _ id: String, _ global: GlobalOptions, _ console: Console,
        _ decide: (DecideRequest, RequestID) async throws -> ErasureRequest
    ) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let id: RequestID = try wiring.id(id)
        let (rules, name, reason) = (wiring.undecided, name, reason)
        // A plan in work is settled first, by asking the vendor.
        let request = try await wiring.work(vendor: wiring.settings.apiKey != nil) { context in
            try await decide(DecideRequest(context, rules: rules, by: name, reason: reason), id)
        }
        let next = try NextStep(request, in: wiring.basis(wiring.inventory()))
        return Reply(
            "request \(id) is \(request.state.rawValue), due \(request.due.date)",
            json: ["request": RequestsList.json(request, next: next, now: wiring.clock.now())])
    }
}
