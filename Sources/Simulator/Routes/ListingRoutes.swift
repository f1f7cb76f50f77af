import Domain
import Foundation
import Hummingbird

/// Lines, chats and messages, to be read page by page (linq-api, sections 5, 6 and 8).
struct ListingRoutes {
    let account: SimulatedAccount

    func add(to routes: RouterGroup<SimulatorContext>) {
        for path in ["phone_numbers", "phonenumbers"] {
            routes.get(RouterPath(path)) { _, context in phoneNumbers(context) }
        }
        routes.get("chats") { request, context in try chats(request, context) }
        routes.get("chats/:id") { _, context in try chat(context) }
        routes.get("chats/:id/messages") { request, context in try messages(request, context) }
        routes.get("messages/:id") { _, context in try message(context) }
    }

    private func phoneNumbers(_ context: SimulatorContext) -> Response {
        let lines = account.read { world in
            world.lines.filter { $0.partner == context.partner }.map { world.phoneNumber($0) }
        }
        return .json(["phone_numbers": .array(lines)])
    }

    /// `to` = a participant's handle, also of somebody who left; `from` = one of our lines.
    private func chats(_ request: Request, _ context: SimulatorContext) throws -> Response {
        let page = try request.page(defaultLimit: 20)
        let (to, from) = (request.query("to"), request.query("from"))
        if let from, !isE164(from) { throw VendorError(400, 1002, "Phone number is not in E.164 format") }
        return .json(
            account.read { world in
                let candidates = to.map { world.chatsOfHandle[$0] ?? [] } ?? Array(0..<Int32(world.chats.count))
                let matching = candidates.filter { index in
                    let line = world.lines[world.chats[Int(index)].line]
                    return line.partner == context.partner && (from == nil || line.number == from)
                }
                let (items, next) = matching.page(page.start, page.limit)
                return [
                    "chats": .array(items.map { world.chat(world.chats[Int($0)]) }), "next_cursor": next,
                ]
            })
    }

    private func chat(_ context: SimulatorContext) throws -> Response {
        let id: ChatID = try context.id()
        return .json(
            try account.read { (world) throws(VendorError) in
                world.chat(world.chats[try world.chat(id, partner: context.partner)])
            })
    }

    private func messages(_ request: Request, _ context: SimulatorContext) throws -> Response {
        let id: ChatID = try context.id()
        let page = try request.page(defaultLimit: 50)
        let now = account.clock.now
        return .json(
            try account.read { (world) throws(VendorError) in
                let chat = world.chats[try world.chat(id, partner: context.partner)]
                let (items, next) = chat.messages.page(page.start, page.limit)
                return [
                    "messages": .array(items.map { world.message(world.messages[Int($0)], at: now) }),
                    "next_cursor": next,
                ]
            })
    }

    private func message(_ context: SimulatorContext) throws -> Response {
        let id: MessageID = try context.id()
        let now = account.clock.now
        return .json(
            try account.read { (world) throws(VendorError) in
                guard let index = world.messageIndex[id] else { throw .messageNotFound }
                let message = world.messages[index]
                let line = world.lines[world.chats[Int(message.chat)].line]
                guard line.partner == context.partner else { throw .messageNotFound }
                return world.message(message, at: now)
            })
    }
}

extension World {
    /// The place of a chat on one of the partner's lines.
    func chat(_ id: ChatID, partner: Int) throws(VendorError) -> Int {
        guard let index = chatIndex[id], lines[chats[index].line].partner == partner else { throw .chatNotFound }
        return index
    }
}
