package import Audit
package import Domain
package import Inventory
package import LinqClient

/// Takes webhook deliveries, and responses of the API, into the inventory: each is verified, read, held against the
/// configured partner, and recorded in batches. What is broken is rejected with its line, and the rest goes on.
package struct IngestWebhooks: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case webhook
        /// Of sends, uploads and voice memos; they name no partner, so whoever feeds them in vouches for them.
        case response
    }

    /// Who says that a delivery is the vendor's.
    package enum Trust: Sendable {
        /// Verified before it was stored: `--trusted`.
        case operatorSaysSo
        /// One line of headers per delivery; a signature may be 300 s away from the time that the line says, else from `receivedAt`.
        case signatures(WebhookSignature, receivedAt: Timestamp)
    }

    private static let batchSize = 2000
    private let inventory: InventoryStore
    private let partner: String
    private let kind: Kind
    private let trust: Trust

    package init(inventory: InventoryStore, log: AuditLog, partner: String, kind: Kind, trust: Trust) {
        self.inventory = inventory
        inventory.record(in: log)
        self.partner = partner
        self.kind = kind
        self.trust = trust
    }

    /// `headers`: one JSON object per line, for the deliveries of all files in their order; only for `signatures`.
    package func run(
        _ files: [DeliveryFile], headers: DeliveryFile? = nil, now: Timestamp, progress: (Int) -> Void = { _ in }
    ) throws(LetheError) -> IngestReport {
        var report = IngestReport()
        var headers = headers
        var batch: [Reading] = []
        for (index, file) in files.enumerated() {
            report.file = index
            var file = file
            while let piece = try file.next() {
                report.read += 1
                if let reading = try read(piece, &headers, &report) { batch.append(reading) }
                guard batch.count >= Self.batchSize else { continue }
                try record(&batch, now: now, &report)
                progress(report.read)
            }
        }
        try record(&batch, now: now, &report)
        return report
    }

    /// One delivery with what is counted of it once it is known to be no duplicate.
    private struct Reading {
        var delivery: Delivery
        var unknownParts: Int
        var unreadableParts: Int
        var isZeroRetention = false
    }

    private func read(
        _ piece: DeliveryFile.Piece, _ headers: inout DeliveryFile?, _ report: inout IngestReport
    ) throws(LetheError) -> Reading? {
        let signed = try headers?.next()
        switch piece {
        case .broken(let line, let error):
            report.reject(line: line, error.code, error.message)
        case .delivery(let raw):
            do throws(LetheError) {
                try verify(raw, signed)
                let reading = kind == .webhook ? try webhook(raw) : try response(raw)
                if reading == nil { report.ignored += 1 }
                return reading
            } catch {
                report.reject(line: raw.line, error.code, error.message)
            }
        }
        return nil
    }

    private func verify(_ raw: RawDelivery, _ signed: DeliveryFile.Piece?) throws(LetheError) {
        guard case .signatures(let signature, let receivedAt) = trust else { return }
        guard case .delivery(let line)? = signed else {
            throw LetheError("headers-missing", .unreadable, "the file of headers has no line for this delivery")
        }
        let fields = try WebhookHeaders(json: line.body)
        if case .invalid(let reason) = signature.verify(
            fields, delivery: raw, receivedAt: fields.receivedAt ?? receivedAt)
        {
            throw LetheError(reason.rawValue, .unreadable, reason.message)
        }
    }

    /// `nil` = there is nothing in it for an inventory.
    private func webhook(_ raw: RawDelivery) throws(LetheError) -> Reading? {
        let webhook = try WebhookDelivery(raw.body)
        guard webhook.belongs(to: partner) else {
            throw LetheError("foreign_partner", .unreadable, "the delivery is of another partner")
        }
        // What cannot be read cannot be deleted either: both are things of the person without an id.
        let withoutID = webhook.unaddressable + webhook.unreadableParts
        let isEmpty = webhook.messages.isEmpty && webhook.chats.isEmpty && withoutID == 0
        guard webhook.kind != .unknown, !isEmpty else { return nil }
        var unaddressable: [UnaddressableMedia] = []
        if withoutID > 0 {
            let message = webhook.messages.first
            let chat = message?.chat ?? webhook.chats.first?.chat
            unaddressable.append(
                message?.message.map {
                    UnaddressableMedia(message: $0, chat: chat, count: withoutID, unreadable: webhook.unreadableParts)
                }
                    ?? UnaddressableMedia(
                        event: webhook.eventID, chat: chat, count: withoutID, unreadable: webhook.unreadableParts))
        }
        let delivery = Delivery(
            event: webhook.eventID, messages: webhook.messages, chats: webhook.chats, unaddressable: unaddressable)
        return Reading(
            delivery: delivery, unknownParts: webhook.unknownParts, unreadableParts: webhook.unreadableParts,
            isZeroRetention: webhook.isZeroRetention)
    }

    private func response(_ raw: RawDelivery) throws(LetheError) -> Reading? {
        let response = try SendResponse(raw.body)
        var delivery = Delivery(messages: [response.message])
        let withoutID = response.unaddressable + response.unreadableParts
        if withoutID > 0, let message = response.message.message {
            delivery.unaddressable = [
                UnaddressableMedia(
                    message: message, chat: response.message.chat, count: withoutID,
                    unreadable: response.unreadableParts)
            ]
        }
        return Reading(
            delivery: delivery, unknownParts: response.unknownParts, unreadableParts: response.unreadableParts)
    }

    private func record(
        _ batch: inout [Reading], now: Timestamp, _ report: inout IngestReport
    ) throws(LetheError) {
        guard !batch.isEmpty else { return }
        let recorded = try inventory.record(batch.map(\.delivery), now: now)
        for (reading, result) in zip(batch, recorded.deliveries) {
            if result.isDuplicate {
                report.duplicates += 1
                continue
            }
            report.accepted += 1
            report.unknownParts += reading.unknownParts
            report.unreadableParts += reading.unreadableParts
            report.zeroRetention += reading.isZeroRetention ? 1 : 0
            report.doubtfulTimes += reading.delivery.messages.count { $0.hasDoubtfulTime(at: now) }
            report.doubtfulSizes += reading.delivery.messages.lazy.flatMap(\.attachments).count {
                $0.size != nil && Sighting.plausible(size: $0.size) == nil
            }
        }
        report.attachmentsNew += recorded.new
        report.attachmentsSeen += recorded.seenAgain
        report.suppressed += recorded.suppressed
        report.reopened += recorded.reopens.subtracting(report.reopened).sorted()
        batch.removeAll(keepingCapacity: true)
    }
}
