import Audit
import Domain
import Engine
import Foundation
import Inventory

/// What the keys may be used for: the key directory says it, where nobody who can write in the workspace alone can.
extension Wiring {
    var binding: KeyBinding {
        KeyBinding(logLocation, inventory: workspace.inventory, partner: settings.partner)
    }

    /// The keys of a workspace that was made before there was a binding get theirs when all that belongs together was found to.
    func bindKeys(to log: AuditLog) throws {
        guard try !binding.check() else { return }
        try binding.write()
        console.note(
            "the keys in \(keyDirectory.standardizedFileURL.path) are bound to partner \(settings.partner) and to the files of this workspace from now on: "
                + "the head of \(log.origin) is signed by them, and inventory.db follows that log")
    }
}
