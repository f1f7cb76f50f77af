import Domain

extension Weather {
    /// What stands in the way of a call that changes nothing; `nil` = nothing does.
    func fault(_ dice: inout Dice) -> VendorAnswer? {
        switch self {
        case .fair, .failing: nil
        case .stormy: dice.chance(0.25) ? dice.pick(Self.passing) : nil
        case .down: dice.pick(Self.passing)
        case .gateway: dice.chance(0.8) ? .http(404) : nil
        case .unauthorized: .http(401, code: 1001)
        case .forbidden: .http(403, code: 1002)
        case .throttling:
            dice.chance(0.5)
                ? VendorAnswer(.http(status: 429, code: nil), retryAfter: .seconds(dice.chance(0.3) ? 900 : 2)) : nil
        case .listings: dice.chance(0.15) ? .http(503) : nil
        }
    }

    private static var passing: [VendorAnswer] {
        [
            .http(500), .http(502), .http(503), .http(504), .http(408), VendorAnswer(.failure(.timeout)),
            VendorAnswer(.failure(.reset)), VendorAnswer(.failure(.connectionRefused)), VendorAnswer(.failure(.cut)),
        ]
    }
}

extension Stage {
    private static let absent = VendorAnswer.http(404, code: 2003)

    mutating func answerDelete(_ id: AttachmentID, now: Timestamp) -> VendorAnswer {
        var dice = dice("delete", UInt64(truncatingIfNeeded: id.value))
        switch weather {
        case .fair, .listings: return erase(id, now: now)
        case .stormy:
            guard dice.chance(0.45) else { return erase(id, now: now) }
            return stormy(id, now: now, &dice)
        case .failing: return dice.pick([.http(500), .http(503), VendorAnswer(.failure(.timeout))]) ?? .http(500)
        case .gateway where dice.chance(0.2): return erase(id, now: now)
        default: return weather.fault(&dice) ?? erase(id, now: now)
        }
    }

    private mutating func erase(_ id: AttachmentID, now: Timestamp) -> VendorAnswer {
        guard exists(id, at: now) else { return Self.absent }
        deleted[id] = now
        confirmed[id, default: 0] += 1
        return VendorAnswer(.http(status: 204, code: nil), trace: "t")
    }

    private mutating func stormy(_ id: AttachmentID, now: Timestamp, _ dice: inout Dice) -> VendorAnswer {
        switch dice.number(0...11) {
        case 0...3:
            // The answer is lost after its effect.
            let hadEffect = exists(id, at: now)
            if hadEffect { deleted[id] = now }
            coverage.count("answer lost after effect", hadEffect)
            return dice.pick([VendorAnswer(.failure(.timeout)), .http(503), VendorAnswer(.failure(.cut))]) ?? .http(500)
        case 4: return .http(404, code: 2007)
        case 5: return VendorAnswer(.http(status: 429, code: nil), retryAfter: .seconds(1))
        case 6: return VendorAnswer(.failure(.connectionRefused))
        case 7: return dice.chance(0.3) ? .http(418) : .http(500)
        case 8: return dice.chance(0.3) ? .http(400) : .http(500)
        case 9: return dice.chance(0.3) ? .http(403) : .http(500)
        case 10: return .http(404)
        default: return .http(500)
        }
    }

    mutating func answerLookUp(_ id: AttachmentID, now: Timestamp) -> AttachmentLookup {
        var dice = dice("lookUp", UInt64(truncatingIfNeeded: id.value))
        if let fault = weather.fault(&dice) { return AttachmentLookup(answer: fault) }
        guard exists(id, at: now), let index = population.index(of: id) else {
            return AttachmentLookup(answer: Self.absent)
        }
        let file = population.files[index]
        shownAlive.append((id, file.created, now))
        let found = ObservedAttachment(
            id: id, source: .message, mime: file.mime, size: 1000, layout: file.isEphemeral ? .other : .persistent,
            apiCreated: file.created)
        return AttachmentLookup(answer: .http(200), found: found, url: DownloadURL(Population.url(file)))
    }

    /// Two elements a page. In bad weather a page is empty and has a cursor, or fails.
    mutating func page<Thing, Element: Sendable>(
        _ all: [Thing], _ name: String, _ cursor: String?, _ show: (inout Stage, Thing) -> Element
    ) -> Listing<Element> {
        var dice = dice(name + (cursor ?? ""))
        if let fault = weather.fault(&dice) { return Listing(answer: fault) }
        let parts = (cursor ?? "0:0").split(separator: ":").compactMap { Int($0) }
        var (from, empties) = (parts.first ?? 0, parts.last ?? 0)
        if weather == .listings, empties < 3, dice.chance(0.25) {
            coverage.count("empty page with a cursor")
            return Listing(
                answer: .http(200), elements: [], nextCursor: "\(from):\(empties + 1)", isComplete: true)
        }
        // What was on an earlier page went away meanwhile: one that stood behind it is not shown.
        // It goes once: whoever walks again finds the rest in its place.
        let isShifted = weather == .listings && from > 0 && dice.chance(0.1) && shifted[name] != round
        if isShifted { shifted[name] = round }
        coverage.count("page shifted", isShifted)
        if isShifted { from += 1 }
        let slice = all.dropFirst(from).prefix(2)
        var elements: [Element] = []
        for thing in slice { elements.append(show(&self, thing)) }
        let next = from + slice.count
        return Listing(
            answer: .http(200), elements: elements, nextCursor: next < all.count ? "\(next):0" : nil, isComplete: true)
    }

    /// As the API lists a message: a file that is gone keeps no id.
    mutating func list(_ message: Population.Message, now: Timestamp) -> ListedMessage {
        let chat = population.chats[message.chat]
        var observed = MessageObservation(
            message: message.id, chat: chat.id, isGroup: chat.isGroup, line: chat.line,
            direction: message.sender == nil ? .outbound : .inbound, sender: message.sender,
            members: message.sender.map { [$0] } ?? [], sentAt: message.sent,
            envelopeTime: message.sent.adding(seconds: 1))
        for index in message.files where exists(population.files[index].id, at: now) {
            let file = population.files[index]
            let source = file.mime == nil ? AttachmentSource.sticker : .message
            observed.attachments.append(
                ObservedAttachment(
                    id: file.id, source: source, mime: file.mime, size: file.mime == nil ? nil : 1000,
                    layout: file.mime == nil ? nil : file.isEphemeral ? .other : .persistent))
            shown.append(
                Told(
                    file: file.id, message: message.id, chat: chat.id, isGroup: chat.isGroup, line: chat.line,
                    isInbound: message.sender != nil, sender: message.sender, sent: message.sent,
                    envelope: message.sent.adding(seconds: 1), mime: file.mime, source: source))
        }
        return ListedMessage(observation: observed)
    }
}
