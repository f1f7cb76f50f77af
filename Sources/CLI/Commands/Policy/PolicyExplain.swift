import ArgumentParser
import Audit
import Domain
import Inventory
import Rules

struct PolicyExplain: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explains why one attachment stays or goes, and what would change that.",
        discussion: "Example: lethe policy explain bc639f8b-1c5d-4dcc-bb7f-93edc4ff3cba --at 2027-01-01")

    @Argument(help: "The attachment's id.") var id: String
    @Option(help: ArgumentHelp("Decide as of this time.", valueName: "time")) var at: String?
    @Flag(help: "Decide as if an approved erasure request covered it.") var request = false
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let inventory = try wiring.currentInventory()
        let record = try inventory.knownRecord(of: wiring.id(id))
        let then = try at.map { try time($0, "--at") }
        var question = Explanation.Question(
            record.attachment, holds: try inventory.holds(), request: request ? RequestID(value: 0) : nil,
            now: then ?? wiring.clock.now(), asOf: then != nil)
        question.ending = wiring.ending(of: record)
        let explanation = Explanation(of: question, by: try wiring.decider())
        return Reply(explanation.rendered.withoutFinalNewline, json: try JSONValue(encoding: explanation))
    }
}

extension InventoryStore {
    /// Everything held about one attachment; a usage error where it was never seen.
    func knownRecord(of id: AttachmentID) throws -> AttachmentRecord {
        guard let record = try record(of: id) else {
            throw LetheError(
                "unknown-attachment", .usage, "attachment \(id) was never seen under this account",
                hint: "lethe inventory list")
        }
        return record
    }
}

extension Wiring {
    /// How an attachment that is gone went, and the record that says so; `nil` for one that is there, and for one that is
    /// only believed to have expired.
    func ending(of record: AttachmentRecord) -> Explanation.Removal? {
        switch record.attachment.state {
        case .live: return nil
        case .expired where record.outcome != .expiredByVendor || record.wasSeenSinceOutcome:
            return endingOfExpired(record)
        case .expired, .gone: break
        }
        var ending = Explanation.Removal(outcome: record.outcome?.rawValue, at: record.outcomeAt)
        // What cannot be read of the log is missing here, and `audit verify` says why.
        for segment in ((try? AuditLog.named(logLocation)) ?? []).reversed() {
            guard let file = segment.file, let reader = try? LogReader(file),
                let entry = try? reader.records(of: record.attachment.id).last(where: {
                    $0.record.finalOutcome != nil && $0.record.finalOutcome == record.outcome
                })
            else { continue }
            (ending.origin, ending.seq) = (reader.origin, entry.seq)
            break
        }
        return ending
    }

    /// No plan had it: a sample of expired ones may have.
    private func endingOfExpired(_ record: AttachmentRecord) -> Explanation.Removal? {
        guard let at = try? inventory().foundAbsent(record.attachment.id), record.apiSeen.map({ $0 <= at }) ?? true
        else {
            return nil
        }
        return Explanation.Removal(at: at)
    }
}

extension AttachmentRecord {
    /// A GET has found it after its last outcome.
    fileprivate var wasSeenSinceOutcome: Bool {
        guard let apiSeen, let outcomeAt else { return false }
        return outcomeAt < apiSeen
    }
}
