import Domain
import Inventory
import Rules

extension RunContext {
    /// A GET has just answered 200. An ephemeral attachment that is still there after 48 hours, the longest reading of the
    /// vendor's promise, is persistent from now on: noted at once, so that nothing that happens later loses it. Gives
    /// whether that was found now.
    @discardableResult
    func noteTierDrift(of id: AttachmentID, tiers: TierMap) throws(LetheError) -> Bool {
        guard tiers.hasEphemeral, let attachment = try inventory.attachment(id),
            tiers.tier(of: attachment) == .ephemeral, let start = attachment.ephemeralStart,
            start.adding(seconds: 48 * 3600) <= time.now()
        else { return false }
        try inventory.setTierDrift([id])
        return true
    }
}
