import Domain
import Inventory
import Rules

extension RunContext {
    /// A GET has just answered 200. An ephemeral attachment that is still there after 48 hours, the longest reading of the
    /// vendor's promise, is persistent from now on: noted at once, so that nothing that happens later loses it. Only the
    /// vendor's own time, with the answer, says that they are over: what is persistent escapes a policy of the other tier for good.
    @discardableResult
    func noteTierDrift(of id: AttachmentID, tiers: TierMap, _ answer: VendorAnswer) throws(LetheError) -> TierDrift {
        guard tiers.hasEphemeral, let attachment = try inventory.attachment(id),
            tiers.tier(of: attachment) == .ephemeral, let start = attachment.ephemeralStart,
            case let end = start.adding(seconds: 48 * 3600), end <= time.now()
        else { return .none }
        guard let date = answer.date else { return .undated }
        guard end <= date else { return .none }
        try inventory.setTierDrift([id])
        return .found
    }
}

/// Whether an answer showed that the vendor keeps what it calls ephemeral.
enum TierDrift {
    case found, none
    /// It would be one by this machine's clock, and the vendor's answer tells no time.
    case undated
}
