package import Domain

/// What one webhook delivery, API page or response gives to the inventory: the unit of deduplication.
package struct Delivery: Sendable {
    /// `event_id`; `nil` for what was read from the API, where repetition changes nothing anyway.
    package var event: EventID?
    package var messages: [MessageObservation]
    package var chats: [ChatObservation]
    /// Attachments that a GET answered with 200.
    package var lookups: [ObservedAttachment]
    package var unaddressable: [UnaddressableMedia]

    package init(
        event: EventID? = nil, messages: [MessageObservation] = [], chats: [ChatObservation] = [],
        lookups: [ObservedAttachment] = [], unaddressable: [UnaddressableMedia] = []
    ) {
        self.event = event
        self.messages = messages
        self.chats = chats
        self.lookups = lookups
        self.unaddressable = unaddressable
    }
}

/// Media items with a URL and no attachment id, which no API call can delete: sticker reactions, group icons, backgrounds, contact
/// cards. What names a file in a way that cannot be read is one of them.
package struct UnaddressableMedia: Sendable, Equatable {
    /// The message or event that holds them: several deliveries that tell of the same count once, by the highest number.
    package var origin: UInt128
    package var chat: ChatID?
    package var count: Int
    /// Those of them that cannot be read.
    package var unreadable: Int

    package init(message: MessageID, chat: ChatID?, count: Int, unreadable: Int = 0) {
        self.init(origin: message.value, chat: chat, count: count, unreadable: unreadable)
    }

    package init(event: EventID, chat: ChatID?, count: Int, unreadable: Int = 0) {
        self.init(origin: event.value, chat: chat, count: count, unreadable: unreadable)
    }

    private init(origin: UInt128, chat: ChatID?, count: Int, unreadable: Int) {
        self.origin = origin
        self.chat = chat
        self.count = count
        self.unreadable = unreadable
    }
}

/// The result of recording one delivery.
package struct DeliveryResult: Sendable, Equatable {
    /// The event was recorded before: nothing was read of it.
    package var isDuplicate = false
    /// Attachments never seen before.
    package var new = 0
    package var seenAgain = 0
    /// Attachments that were deleted and stay so.
    package var suppressed = 0
}

/// The result of recording a batch, delivery by delivery in the order given.
package struct RecordedBatch: Sendable, Equatable {
    package var deliveries: [DeliveryResult] = []
    /// Completed requests whose person turned out to have an unknown attachment from before their completion.
    package var reopens: Set<RequestID> = []

    package var duplicates: Int { deliveries.lazy.filter(\.isDuplicate).count }
    package var new: Int { deliveries.lazy.map(\.new).reduce(0, +) }
    package var seenAgain: Int { deliveries.lazy.map(\.seenAgain).reduce(0, +) }
    package var suppressed: Int { deliveries.lazy.map(\.suppressed).reduce(0, +) }
}
