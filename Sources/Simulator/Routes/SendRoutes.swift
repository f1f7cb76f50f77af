import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// Sending, where attachment ids are born (linq-api, section 7).
struct SendRoutes {
    let account: SimulatedAccount

    func add(to routes: RouterGroup<SimulatorContext>) {
        routes.post("chats") { request, context in try await createChat(request, context) }
        routes.post("chats/:id/messages") { request, context in try await send(request, context) }
        routes.post("messages") { request, context in try await sendAnywhere(request, context) }
        routes.post("chats/:id/voicememo") { request, context in try await sendVoiceMemo(request, context) }
    }

    private func createChat(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let asked = try await request.decode(AskedMessage.self)
        guard let from = asked.from else { throw VendorError.missing("from") }
        let (to, now) = (try asked.recipients(), account.clock.now)
        let body: WireJSON = try account.write { (world) throws(VendorError) in
            guard let line = world.lineIndex[from], world.lines[line].partner == context.partner else {
                throw .lineNotYours
            }
            let draft = try world.draft(asked, partner: context.partner, at: now)
            let chat = world.openChat(line: line, to: to, at: now).index
            let sent = world.send(draft, in: chat, at: now)
            return ["chat": world.chat(world.chats[chat]).adding([("message", world.sentMessage(sent, at: now))])]
        }
        return .json(body, status: .created)
    }

    private func send(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let id: ChatID = try context.id()
        let asked = try await request.decode(AskedMessage.self)
        let now = account.clock.now
        let body: WireJSON = try account.write { (world) throws(VendorError) in
            let chat = try world.chat(id, partner: context.partner)
            let draft = try world.draft(asked, partner: context.partner, at: now)
            let sent = world.send(draft, in: chat, at: now)
            return ["chat_id": .string(id.description), "message": world.sentMessage(sent, at: now)]
        }
        return .json(body, status: .accepted)
    }

    private func sendAnywhere(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let asked = try await request.decode(AskedMessage.self)
        let header = HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] }
        let (to, now) = (try asked.recipients(), account.clock.now)
        let body: WireJSON = try account.write { (world) throws(VendorError) in
            guard let line = world.lines.firstIndex(where: { $0.partner == context.partner }) else {
                throw .lineNotYours
            }
            var draft = try world.draft(asked, partner: context.partner, at: now)
            draft.key = draft.key ?? header.map { "\(context.partner) \($0)" }
            let (chat, isNew) = world.openChat(line: line, to: to, at: now)
            let sent = world.send(draft, in: chat, at: now)
            return [
                "chat_id": .string(world.chats[chat].id.description), "message": world.sentMessage(sent, at: now),
                "from": .string(world.lines[line].number), "created_new_chat": .bool(isNew),
                "from_selection": isNew ? "new_chat" : "existing_chat",
                "handles": .array(world.handles(of: world.chats[chat])),
            ]
        }
        return .json(body, status: .accepted)
    }

    private struct AskedMemo: Decodable {
        var voiceMemoUrl: String?
        var attachmentId: String?
    }

    private func sendVoiceMemo(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let id: ChatID = try context.id()
        let asked = try await request.decode(AskedMemo.self)
        let now = account.clock.now
        let body: WireJSON = try account.write { (world) throws(VendorError) in
            let chat = try world.chat(id, partner: context.partner)
            let part = AskedPart(type: "media", url: asked.voiceMemoUrl, attachmentId: asked.attachmentId)
            let draft = Draft(parts: [try world.media(part, partner: context.partner, at: now, fallback: "memo.m4a")])
            let sent = world.send(draft, in: chat, at: now)
            return ["voice_memo": world.voiceMemo(sent, at: now)]
        }
        return .json(body, status: .accepted)
    }
}

extension World {
    /// What a send answers: the message as listed, not yet delivered.
    fileprivate func sentMessage(_ index: Int, at now: Timestamp) -> WireJSON {
        let message = messages[index]
        return [
            "id": .string(message.id.description), "created_at": WireJSON(message.sent), "delivery_status": "queued",
            "is_read": false,
            "parts": .array(parts(of: message, at: now).map { $0.adding([("reactions", [])]) }),
            "sent_at": nil, "delivered_at": nil, "effect": nil, "from_handle": sender(of: message),
            "preferred_service": nil, "reply_to": nil, "service": nil,
        ]
    }

    /// `id` outside is the message's, `voice_memo.id` inside the attachment's.
    fileprivate func voiceMemo(_ index: Int, at now: Timestamp) -> WireJSON {
        let message = messages[index]
        let chat = chats[Int(message.chat)]
        var memo: WireJSON = nil
        if case .media(let place) = message.parts.first {
            let stored = files[Int(place)]
            memo = [
                "id": .string(stored.id.description), "filename": .string(stored.file.name),
                "mime_type": .string(stored.file.mime), "size_bytes": .integer(stored.file.size),
                "url": .string(publicURL(of: stored, at: now)), "duration_ms": 12_840,
            ]
        }
        return [
            "id": .string(message.id.description),
            "chat": [
                "id": .string(chat.id.description), "handles": .array(handles(of: chat)), "is_active": true,
                "is_group": .bool(chat.isGroup), "service": "iMessage",
            ],
            "created_at": WireJSON(message.sent), "from": .string(lines[chat.line].number), "status": "queued",
            "to": .array(chat.members.map { .string($0.handle) }), "voice_memo": memo, "service": nil,
        ]
    }
}
