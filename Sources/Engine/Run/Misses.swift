import Audit
import Domain
import Inventory

extension RunContext {
    /// What a GET of ours says for later: a live attachment that it misses was away before a DELETE of ours, whichever plan sends
    /// that, and one that it finds was not. Every workflow that asks for an attachment tells it here.
    func noteFinding(_ answer: VendorAnswer, of id: AttachmentID) throws(LetheError) {
        switch LookUpFinding(answer) {
        case .present: try inventory.forgetMiss(of: id)
        case .absent:
            guard let known = try inventory.attachment(id), known.state != .gone else { break }
            // A DELETE that another process has announced may be why.
            try CatchUp(inventory: inventory, log: log).follow()
            try inventory.noteMiss(of: id, at: time.now())
        case .keyRefused, .unknown: break
        }
    }
}
