import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import Synchronization

extension World {
    func randomScope(_ dice: inout Dice) -> Model.Hold.Scope {
        switch dice.number(0...19) {
        case 0: return .all
        case 1, 2: return dice.pick(population.lines).map { .line($0) } ?? .all
        case 3, 4: return dice.pick(population.chats).map { .chat($0.id) } ?? .all
        case 5, 6: return dice.pick(population.people).map { .people($0.handles) } ?? .all
        default: return dice.pick(population.files).map { .file($0.id) } ?? .all
        }
    }

    static func stored(_ scope: Model.Hold.Scope, in inventory: InventoryStore) throws -> LegalHold.Scope {
        switch scope {
        case .all: .all
        case .line(let line): .line(line)
        case .chat(let chat): .chat(chat)
        case .file(let id): .attachment(id)
        case .people(let handles):
            .subject(try handles.compactMap { try inventory.pseudonym(for: $0, createIfMissing: true) })
        }
    }

    func placeHold(_ dice: inout Dice) throws {
        let process = try open()
        let scope = randomScope(&dice)
        let until = dice.chance(0.4) ? clock.now().adding(seconds: dice.seconds(3600...40 * 86_400)) : nil
        attempted = scope
        let hold = try PlaceHold(inventory: process.inventory, log: process.log).run(
            try Self.stored(scope, in: process.inventory), by: "counsel", reason: "matter", until: until,
            now: clock.now())
        change { $0.model.place(hold.id, Model.Hold(scope: scope, until: until)) }
        note("  hold \(scope)")
    }

    func releaseHold(_ dice: inout Dice) throws {
        let model = model
        let active = model.holdOrder.filter { model.holds[$0]?.isReleased == false }
        guard let id = dice.pick(active) else { return }
        let process = try open()
        try ReleaseHold(inventory: process.inventory, log: process.log)
            .run(id, by: "counsel", reason: "closed")
        change { $0.model.release(id) }
    }
}
