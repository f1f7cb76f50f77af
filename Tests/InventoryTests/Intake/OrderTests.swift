import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// Late, replayed and reordered deliveries give the same rows as early ones.
struct OrderTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func anyOrderAndAnyRepetitionGiveTheSameRows(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let deliveries = try Self.deliveries(count: 60, &random)
        let folder = try TemporaryDirectory()
        let keys = try LookupKeys.create(at: folder.file("lookup.key"))
        var dumps: [[String]] = []
        for round in 0..<3 {
            let store = try InventoryStore.create(at: folder.file("\(round).db"), keys: keys)
            var order = deliveries
            if round > 0 {
                order += deliveries.filter { _ in Bool.random(using: &random) }
                order.shuffle(using: &random)
            }
            while !order.isEmpty {
                let size = Int.random(in: 1...20, using: &random)
                _ = try store.record(Array(order.prefix(size)), now: Timestamp(seconds: Int64(round)))
                order.removeFirst(min(size, order.count))
            }
            dumps.append(try Self.dump(store))
        }
        #expect(dumps[0].count > 100, "seed \(seed)")
        #expect(dumps[1] == dumps[0], "seed \(seed)")
        #expect(dumps[2] == dumps[0], "seed \(seed)")
    }

    /// Deliveries that contradict, complete and repeat one another.
    private static func deliveries(count: Int, _ random: inout SeededGenerator) throws -> [Delivery] {
        let handles = ["+14155550117", "+14155550118", "dana.lindqvist@example.com", "+14155550119"]
        let lines = ["+12025550143", "+12025550188"]
        return try (0..<count).map { index in
            func one<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
            func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &random) ? value : nil }
            func time() -> Timestamp? { maybe(day(Int64.random(in: 0...9, using: &random))) }
            let files = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                ObservedAttachment(
                    id: attachment(Int.random(in: 0..<15, using: &random)), source: one(AttachmentSource.allCases),
                    mime: one(["image/jpeg", "image/png", nil]), size: maybe(Int64.random(in: 1...5, using: &random)),
                    layout: one([.persistent, .other, nil]), apiCreated: time())
            }
            let observation = MessageObservation(
                message: maybe(message(Int.random(in: 0..<12, using: &random))),
                chat: maybe(chat(Int.random(in: 0..<4, using: &random))), isGroup: maybe(Bool.random(using: &random)),
                line: try maybe(PhoneLine(one(lines))), direction: maybe(one(Direction.allCases)),
                sender: try maybe(Handle(one(handles))), members: try [maybe(Handle(one(handles)))].compactMap { $0 },
                membersAreComplete: one([false, false, true]), sentAt: time(), envelopeTime: time(),
                reconciledAt: time(), attachments: files)
            let seen = ChatObservation(
                chat: chat(Int.random(in: 0..<4, using: &random)), line: try maybe(PhoneLine(one(lines))),
                members: [try Handle(one(handles))], seenAt: time())
            let media = UnaddressableMedia(
                message: message(Int.random(in: 0..<9, using: &random)), chat: maybe(chat(1)),
                count: Int.random(in: 0...3, using: &random))
            return Delivery(
                event: maybe(event(index)), messages: [observation], chats: maybe([seen]) ?? [], unaddressable: [media])
        }
    }

    /// All rows of all tables of facts, with ids and lookups in place of row numbers and pseudonyms, in order of content.
    static func dump(_ store: InventoryStore) throws -> [String] {
        let queries = [
            "SELECT 'subject', hex(lookup) FROM identity", "SELECT 'delivery', hex(event) FROM delivery",
            """
            SELECT 'attachment', hex(id), api_created, api_seen, first_seen, last_seen, layouts, tier_drift, state,
                next_check, outcome, outcome_at, grade FROM attachment
            """,
            """
            SELECT 'sighting', hex(a.id), hex(message), source, hex(chat), line, direction, hex(s.lookup), mime, size,
                sent_at, first_envelope, reconciled_at
            FROM sighting g JOIN attachment a ON a.key = g.attachment LEFT JOIN identity s ON s.key = g.sender
            """,
            "SELECT 'chat', hex(id), line, is_group, roster_known FROM chat",
            """
            SELECT 'chat_member', hex(chat), hex(s.lookup), first_seen, last_seen
            FROM chat_member m JOIN identity s ON s.key = m.subject
            """,
            "SELECT 'residue', hex(origin), hex(chat), things FROM residue", "SELECT 'live', attachments FROM live",
        ]
        return try store.pool.read { database in
            try queries.flatMap { sql in try Row.fetchAll(database, sql: sql).map { "\($0)" } }.sorted()
        }
    }
}
