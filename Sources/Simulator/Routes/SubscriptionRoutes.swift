import Cryptography
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// Webhook subscriptions, as far as a client needs to make one and read it back (linq-api, section 9). Where deliveries
/// really go is said to `/admin/deliver`.
struct SubscriptionRoutes {
    let account: SimulatedAccount

    func add(to routes: RouterGroup<SimulatorContext>) {
        routes.get("webhook-events") { _, _ in
            Response.json([
                "doc_url": "https://docs.linqapp.com/guides/webhooks/events",
                "events": ["message.received", "message.sent"],
            ])
        }
        routes.get("webhook-subscriptions") { _, context in list(context) }
        routes.post("webhook-subscriptions") { request, context in try await create(request, context) }
        routes.delete("webhook-subscriptions/:id") { _, context in try delete(context) }
    }

    private struct Asked: Decodable {
        var targetUrl: String?
        var subscribedEvents: [String]?
        var phoneNumbers: [String]?
    }

    private func list(_ context: SimulatorContext) -> Response {
        let own = account.read { world in
            world.subscriptions.filter { $0.partner == context.partner }.map { shape($0, world) }
        }
        return .json(["subscriptions": .array(own)])
    }

    private func create(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let asked = try await request.decode(Asked.self)
        guard let target = asked.targetUrl else { throw VendorError.missing("target_url") }
        guard let events = asked.subscribedEvents, !events.isEmpty else {
            throw VendorError.missing("subscribed_events")
        }
        let now = account.clock.now
        let secret = account.webhookSecret
        let body: WireJSON = try account.write { (world) throws(VendorError) in
            guard !world.subscriptions.contains(where: { $0.partner == context.partner && $0.target == target }) else {
                throw VendorError(409, 2015, "A subscription with this target_url exists")
            }
            let made = Subscription(
                id: world.random.uuid(), partner: context.partner, target: target, events: events,
                lines: asked.phoneNumbers, created: now)
            world.subscriptions.append(made)
            return shape(made, world).adding([("signing_secret", .string(secret))])
        }
        return .json(body, status: .created)
    }

    private func delete(_ context: SimulatorContext) throws -> Response {
        let id: AttachmentID = try context.id()
        try account.write { (world) throws(VendorError) in
            let isWanted = { (one: Subscription) in one.id == id.value && one.partner == context.partner }
            guard let index = world.subscriptions.firstIndex(where: isWanted) else {
                throw VendorError(404, 2010, "Webhook subscription not found")
            }
            world.subscriptions.remove(at: index)
        }
        return Response(status: .noContent)
    }

    private func shape(_ one: Subscription, _ world: borrowing World) -> WireJSON {
        [
            "id": .string(world.uuid(one.id)), "target_url": .string(one.target),
            "subscribed_events": .array(one.events.map { .string($0) }),
            "phone_numbers": one.lines.map { .array($0.map { .string($0) }) } ?? nil, "is_active": true,
            "created_at": WireJSON(one.created), "updated_at": WireJSON(one.created),
        ]
    }
}
