import Cryptography
import Domain
import Foundation
import Inventory
import Synchronization
import TestSupport

/// A workspace of one test: a folder with an inventory and its lookup key.
struct World {
    let folder: TemporaryDirectory
    let keys: LookupKeys
    let store: InventoryStore

    init() throws {
        folder = try TemporaryDirectory()
        keys = try LookupKeys.create(at: folder.file("lookup.key"))
        store = try InventoryStore.create(at: folder.file("inventory.db"), keys: keys)
        store.recordChanges { _ in ("lethe.test/nowhere", []) }
    }

    var database: URL { folder.file("inventory.db") }

    func subject(_ handle: String) throws -> SubjectPseudonym {
        guard let known = try store.pseudonym(for: Handle(handle), createIfMissing: true) else { throw Missing() }
        return known
    }

    /// Every byte of every file of the folder, but for the key.
    func allBytes() throws -> Data {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        return try names.filter { $0 != "lookup.key" }.map { try Data(contentsOf: folder.file($0)) }.reduce(Data(), +)
    }

    @discardableResult
    func record(_ deliveries: Delivery...) throws -> RecordedBatch {
        try store.record(deliveries, now: now)
    }
}

/// What a store has the log record.
final class Told: Sendable {
    private let list = Mutex<[RequestChange]>([])
    var changes: [RequestChange] { list.withLock { $0 } }

    /// `log`: has them next, in their order.
    init(_ store: InventoryStore, before log: FakeLog? = nil) {
        let (origin, next) = (log?.origin ?? "lethe.test/nowhere", Int64(log?.records.count ?? 0))
        store.recordChanges { (changes) throws(LetheError) in
            let before = self.list.withLock { list in
                defer { list += changes }
                return Int64(list.count)
            }
            return (origin, changes.indices.map { next + before + Int64($0) })
        }
    }
}

/// A test needed a value that is not there.
struct Missing: Error {}

let now = Timestamp("2026-11-22T12:00:00Z") ?? Timestamp(seconds: 0)

func attachment(_ number: Int) -> AttachmentID { AttachmentID(value: 0xA000_0000 + UInt128(number)) }
func message(_ number: Int) -> MessageID { MessageID(value: 0xB000_0000 + UInt128(number)) }
func chat(_ number: Int) -> ChatID { ChatID(value: 0xC000_0000 + UInt128(number)) }
func event(_ number: Int) -> EventID { EventID(value: 0xE000_0000 + UInt128(number)) }
func day(_ number: Int64) -> Timestamp { Timestamp(seconds: 1_790_000_000 + number * 86_400) }

/// An inbound message with one file into chat 1, unless told otherwise.
func inbound(
    _ id: Int, event number: Int? = nil, message messageNumber: Int? = nil, from handle: String = "+14155550117",
    chat chatNumber: Int = 1, group: Bool = false, line: String = "+12025550143", at: Timestamp = day(1)
) throws -> Delivery {
    let observation = MessageObservation(
        message: message(messageNumber ?? id), chat: chat(chatNumber), isGroup: group, line: try PhoneLine(line),
        direction: .inbound, sender: try Handle(handle), sentAt: at, envelopeTime: at.adding(seconds: 1),
        attachments: [ObservedAttachment(id: attachment(id), source: .message, mime: "image/jpeg", size: 1000)])
    return Delivery(event: event(number ?? id), messages: [observation])
}

func outbound(
    _ id: Int, event number: Int? = nil, message messageNumber: Int? = nil, chat chatNumber: Int = 1,
    group: Bool? = false, line: String = "+12025550143", members: [String] = [], complete: Bool = false,
    at: Timestamp = day(1)
) throws -> Delivery {
    let observation = MessageObservation(
        message: message(messageNumber ?? id), chat: chat(chatNumber), isGroup: group, line: try PhoneLine(line),
        direction: .outbound, members: try members.map { try Handle($0) }, membersAreComplete: complete, sentAt: at,
        envelopeTime: at.adding(seconds: 1),
        attachments: [ObservedAttachment(id: attachment(id), source: .message, mime: "image/jpeg", size: 1000)])
    return Delivery(event: event(number ?? id), messages: [observation])
}

/// The code of the error that `body` throws; `nil` = it threw none.
func code(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as LetheError {
        return error.code
    } catch {
        return "\(error)"
    }
}

/// A plan of these attachments, with a request where one is given.
func makePlan(_ ids: [Int], request: RequestID? = nil, created: Timestamp = now) throws -> Plan {
    Plan(
        id: try Randomness.id(), kind: request == nil ? .retention : .erasure, created: created, partner: "partner-1",
        policyDigest: String(repeating: "ab", count: 32), request: request, coverage: "complete", limits: Limits(),
        items: ids.map { PlanItem(attachment: attachment($0), rule: "policy:media-30d", tier: .persistent, size: 1000) }
    )
}

extension InventoryStore {
    /// A hold that the log has.
    func place(_ hold: LegalHold) throws(LetheError) {
        try prepare(hold)
        try project(.placed(hold.id), at: hold.placedAt)
    }

    func release(_ id: HoldID, at time: Timestamp) throws(LetheError) { try project(.released(id), at: time) }

    /// Of a log that nobody else projects.
    private func project(_ record: AuditRecord, at time: Timestamp) throws(LetheError) {
        let origin = "lethe.test/\(ObjectIdentifier(self).hashValue)"
        let seq = try appliedSeq(origin: origin) + 1
        try apply([LoggedRecord(seq: seq, at: time, record: record)], origin: origin, after: seq - 1, through: seq)
    }
}

/// Feeds a store with the records of a made-up log, in order and without gaps.
final class FakeLog {
    let store: InventoryStore
    let origin: String
    private(set) var records: [LoggedRecord] = []

    init(_ store: InventoryStore, origin: String = "lethe.test/0000000000000001") {
        self.store = store
        self.origin = origin
    }

    func append(_ record: AuditRecord, at: Timestamp = now) throws {
        let seq = Int64(records.count)
        records.append(LoggedRecord(seq: seq, at: at, record: record))
        try store.apply([records[Int(seq)]], origin: origin, after: seq - 1, through: seq)
    }

    /// A run of one DELETE that ended like this.
    func delete(
        _ id: Int, plan: PlanID, outcome: Outcome = .deleted, http: Int = 204, at: Timestamp = now
    ) throws {
        let (run, op): (RunID, OperationID) = (try Randomness.id(), try Randomness.id())
        try append(.start(run, plan), at: at)
        let intent = AuditRecord.Intent(
            run: run, operation: op, attempt: 1, attachment: attachment(id), rule: "policy:media-30d")
        try append(.deleteIntent(intent), at: at)
        let answer = VendorAnswer(.http(status: http, code: http == 404 ? 2003 : nil), trace: "trace-\(id)")
        try append(.deleteOutcome(.init(to: intent, answer, final: outcome)), at: at)
    }
}

// MARK: - Records of which only what the store reads matters

extension AuditRecord {
    private static let digest = String(repeating: "ab", count: 32)

    static func start(_ run: RunID, _ plan: PlanID) -> AuditRecord {
        .runStart(.init(run: run, plan: plan, digest: digest, policy: digest))
    }

    static func created(_ plan: PlanID, digest: String) -> AuditRecord {
        .planCreated(.init(plan: plan, kind: .retention, digest: digest, items: 1, policy: Self.digest))
    }

    static func lifted(_ plan: PlanID) -> AuditRecord {
        .operatorAct(.init(act: .limitRaise, ref: plan.description, by: "ada", reason: nil))
    }

    static func placed(_ hold: HoldID) -> AuditRecord {
        .holdPlaced(.init(hold: hold, scope: .all, until: nil, by: "ada", reason: nil))
    }

    static func released(_ hold: HoldID) -> AuditRecord {
        .holdReleased(.init(hold: hold, by: "ada", reason: nil))
    }

    static func updated(_ request: RequestID, _ state: ErasureRequest.State) -> AuditRecord {
        .requestUpdated(.init(request: request, state: state, due: nil, by: nil, reason: nil))
    }
}
