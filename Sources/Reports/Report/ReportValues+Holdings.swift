package import Domain

extension ReportValues {
    /// What is held at the vendor, as far as is known.
    package struct Holdings: Codable, Sendable, Equatable {
        /// Live attachments by line and tier; one that is seen on several lines counts once.
        package var held: [Held] = []
        /// The same, counted on its own: the rows must add up to it.
        package var total = Amount()
        /// All attachments of the account that were ever seen, those included that are gone.
        package var known: Int = 0
        /// Live ones of which a URL was seen that says where they are kept, so that drift would have shown.
        package var urlSeen: Int = 0
        /// Should have been deleted before `generated`, is not held back by anything, and is still there.
        package var overdue: Overdue?
        package var drift: [Drift] = []
    }

    package struct Amount: Codable, Sendable, Equatable {
        package var attachments: Int = 0
        package var bytes: Int64 = 0
    }

    package struct Held: Codable, Sendable, Equatable {
        /// `nil` = no line is known.
        package var line: PhoneLine?
        package var tier: Tier
        package var attachments: Int
        package var bytes: Int64
        /// Of these attachments, how many have no known size.
        package var sizeUnknown: Int = 0
    }

    package struct Overdue: Codable, Sendable, Equatable {
        package var attachments: Int
        package var bytes: Int64
        /// Since when the oldest of them has been due.
        package var oldestDue: Timestamp
    }

    /// Configuration calls an attachment ephemeral and something else says it is not.
    package struct Drift: Codable, Sendable, Equatable {
        package var attachment: AttachmentID
        package var line: PhoneLine?
        /// `persistent URL seen`, `still there after 48 h`.
        package var finding: String
    }

    /// What Lethe cannot see or reach.
    package struct Coverage: Codable, Sendable, Equatable {
        /// Media items with a URL and no attachment id: sticker reactions, group icons, backgrounds, contact cards.
        package var unaddressable: Int
        /// Of these, parts that name a file in a way that cannot be read.
        package var unreadableParts: Int
        /// Called gone and named again since; the next `sync` or `run --apply` asks the vendor for them.
        package var namedAgain: Int
        /// Sent by us in chats of which no other member is known.
        package var recipientUnknown: Int
        /// Live attachments whose message's time is not believed, and whose own is not known: no policy deletes them by age.
        package var doubtfulTimes: Int
        /// The last listing that was walked to its end; `nil` = none on record.
        @OrNull package var lastCompleteSync: Timestamp?
        /// The latest time that the vendor gave with an attachment, in a delivery or a listing; `nil` = none on record.
        @OrNull package var newestEvent: Timestamp?

        package init(
            unaddressable: Int = 0, unreadableParts: Int = 0, namedAgain: Int = 0, recipientUnknown: Int = 0,
            doubtfulTimes: Int = 0, lastCompleteSync: Timestamp? = nil, newestEvent: Timestamp? = nil
        ) {
            self.unaddressable = unaddressable
            self.unreadableParts = unreadableParts
            self.namedAgain = namedAgain
            self.newestEvent = newestEvent
            self.recipientUnknown = recipientUnknown
            self.doubtfulTimes = doubtfulTimes
            self.lastCompleteSync = lastCompleteSync
        }
    }
}
