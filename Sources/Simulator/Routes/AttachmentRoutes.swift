import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// `/v3/attachments`: ask for an upload, look at a file, delete it (linq-api, section 4).
struct AttachmentRoutes {
    let account: SimulatedAccount

    func add(to routes: RouterGroup<SimulatorContext>) {
        routes.post("attachments") { request, context in try await create(request, context) }
        routes.get("attachments/:id") { _, context in try show(context) }
        routes.delete("attachments/:id") { _, context in try delete(context) }
    }

    private struct Asked: Decodable {
        var filename: String?
        var contentType: String?
        var sizeBytes: Int64?

        func checked() throws(VendorError) -> SimulatedFile {
            guard let filename else { throw .missing("filename") }
            guard let contentType else { throw .missing("content_type") }
            guard let sizeBytes else { throw .missing("size_bytes") }
            guard (1...255).contains(filename.count) else { throw .invalid("filename must have 1 to 255 characters") }
            guard MediaType.isAccepted(contentType) else { throw VendorError(400, 5004, "File type is not supported") }
            guard sizeBytes >= 1 else { throw .invalid("size_bytes") }
            guard sizeBytes <= 104_857_600 else { throw VendorError(400, 5005, "File is larger than 100MB") }
            return SimulatedFile(name: filename, mime: contentType, size: sizeBytes)
        }
    }

    private func create(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let file = try await request.decode(Asked.self).checked()
        let now = account.clock.now
        let body: WireJSON = account.write { world in
            let index = world.addFile(file, partner: context.partner, line: nil, at: now, isPending: true)
            let stored = world.files[index]
            return [
                "attachment_id": .string(stored.id.description),
                "upload_url": .string(world.uploadURL(of: stored, at: now)),
                "download_url": .string(world.url(of: stored, at: now)), "http_method": "PUT",
                "expires_at": WireJSON(now.adding(seconds: World.urlLife)),
                "required_headers": [
                    "Content-Type": .string(file.mime), "Content-Length": .string(String(file.size)),
                ],
            ]
        }
        return .json(body)
    }

    private func show(_ context: SimulatorContext) throws -> Response {
        let id: AttachmentID = try context.id()
        let now = account.clock.now
        return .json(
            try account.read { (world) throws(VendorError) in
                let stored = world.files[try world.present(id, partner: context.partner, at: now)]
                guard now >= stored.readyAt else { throw .attachmentNotReady }
                return world.attachment(stored, at: now)
            })
    }

    private func delete(_ context: SimulatorContext) throws -> Response {
        let id: AttachmentID = try context.id()
        let now = account.clock.now
        try account.write { (world) throws(VendorError) in
            try world.delete(id, partner: context.partner, at: now)
        }
        return Response(status: .noContent)
    }
}
