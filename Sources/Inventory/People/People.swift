internal import Domain
internal import GRDB

/// Who may be concerned by an attachment, as SQL over `sighting g` and `chat c`.
enum People {
    /// Everybody who can receive what is sent into chat `c` is known: a direct chat with a known member, or a group whose
    /// whole roster was listed as a group's. An outbound webhook names no recipient, a group may have members that never
    /// wrote, and what was listed while the chat was direct says nothing of the group that it became. With somebody in it who
    /// cannot be read it is not known who receives, whatever it is called.
    static let recipientsKnown = """
        (c.is_group = 0 OR c.roster_known & 2 <> 0 OR (c.is_group IS NULL AND c.roster_known & 1 <> 0))
        AND c.roster_known & 4 = 0
        AND EXISTS (SELECT 1 FROM chat_member m WHERE m.chat = c.id)
        """

    /// Whether chat `c` is a group that was told of as direct, or listed whole before anybody called it a group.
    static let wasDirect = "coalesce(c.is_group = 1 AND c.roster_known & 9 <> 0, 0)"

    /// Whether somebody who never wrote may be in a chat of attachment `a`.
    static let anySilent = """
        EXISTS (SELECT 1 FROM sighting g LEFT JOIN chat c ON c.id = g.chat WHERE g.attachment = a.key
            AND length(g.message) > 0 AND NOT coalesce(\(recipientsKnown), 0))
        """

    /// Sightings `g` (joined with `chat c`) whose people are not all known: outbound or of unknown direction into a chat
    /// without known recipients, or inbound from nobody knows whom.
    static let unknown = """
        length(g.message) > 0 AND NOT (\(recipientsKnown)) AND NOT (g.direction IS 0 AND g.sender IS NOT NULL)
        """

    /// Whether attachment `a` may be anyone's: one such sighting, or none in any message.
    static let anyUnknown = """
        (EXISTS (SELECT 1 FROM sighting g LEFT JOIN chat c ON c.id = g.chat WHERE g.attachment = a.key AND
            coalesce(\(unknown), 1))
        OR NOT EXISTS (SELECT 1 FROM sighting g WHERE g.attachment = a.key AND length(g.message) > 0))
        """
}
