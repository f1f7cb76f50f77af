/// Which facts a decision saw. Any change of the holds, of the attachment's sightings, or of who is in its chats gives
/// another one, whichever process makes it.
package struct FactsVersion: Sendable, Equatable {
    package let holds: Int64
    /// Holds that the log had placed or released since a run began: nobody who writes rows takes that back.
    package var orders: Int64 = 0
    /// `nil` = the inventory does not have the attachment.
    package let facts: Int64?

    package init(holds: Int64, facts: Int64?) {
        self.holds = holds
        self.facts = facts
    }
}
