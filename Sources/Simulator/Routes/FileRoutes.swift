import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The object store and the CDN: signed PUTs of 15 minutes, downloads, 404 for what is gone (guide, sections 4 to 6).
struct FileRoutes {
    let account: SimulatedAccount
    /// Larger uploads are counted and not kept.
    private static let keptBytes = 1 << 20

    func add(to router: Router<SimulatorContext>) {
        router.put("uploads/:id") { request, context in try await upload(request, context) }
        for folder in ["attachments", "ephemeral"] {
            let path = RouterPath("\(folder)/partners/:partner/:id/:name")
            router.get(path) { request, context in download(request, context, withBody: true) }
            router.head(path) { request, context in
                // A HEAD is never answered with a body: on a kept connection it would be read as the next answer.
                var response = download(request, context, withBody: false)
                response.body = ResponseBody()
                return response
            }
        }
    }

    private func upload(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let now = account.clock.now
        let expires = request.query("X-Amz-Expires").flatMap { Int64($0) } ?? 0
        let signature = request.query("X-Amz-Signature")
        let found: StoredFile? = account.read { world in
            guard let id: AttachmentID = try? context.id(), let index = world.fileIndex[id],
                world.isSigned("/uploads/\(id)", expires: expires, signature: signature, at: now),
                world.files[index].deletedAt == nil
            else { return nil }
            return world.files[index]
        }
        guard let stored = found, request.headers[.contentType] == stored.file.mime,
            request.headers[.contentLength] == String(stored.file.size)
        else { return Self.storeRefusal(.forbidden, "SignatureDoesNotMatch") }
        var kept: [UInt8] = []
        var count: Int64 = 0
        for try await buffer in request.body {
            count += Int64(buffer.readableBytes)
            if count <= Self.keptBytes { kept.append(contentsOf: buffer.readableBytesView) }
        }
        guard count == stored.file.size else { return Self.storeRefusal(.badRequest, "IncompleteBody") }
        let isWhole = count == kept.count
        account.write { [kept] world in
            guard let index = world.fileIndex[stored.id] else { return }
            world.files[index].isPending = false
            world.files[index].readyAt = now.adding(seconds: world.processingTime)
            if isWhole { world.contents[stored.id] = kept }
        }
        return Response(status: .ok)
    }

    private func download(_ request: Request, _ context: SimulatorContext, withBody: Bool) -> Response {
        let now = account.clock.now
        let expires = request.query("Expires").flatMap { Int64($0) } ?? 0
        let signature = request.query("Signature")
        let found: (file: StoredFile, bytes: [UInt8]?)? = account.read { world in
            guard let id: AttachmentID = try? context.id(), let index = world.fileIndex[id] else { return nil }
            let stored = world.files[index]
            let isOpen = world.state(of: stored, at: now) == .live
            guard isOpen, world.partners[Int(stored.partner)].id == context.parameters.get("partner") else {
                return nil
            }
            return (stored, world.contents[id])
        }
        guard let found else { return Self.storeRefusal(.notFound, "NoSuchKey") }
        if found.file.isEphemeral {
            let path = request.uri.path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
            let isSigned = account.read { $0.isSigned(path, expires: expires, signature: signature, at: now) }
            guard isSigned else { return Self.storeRefusal(.forbidden, "AccessDenied") }
        }
        let headers: HTTPFields = [
            .contentType: found.file.file.mime, .contentLength: String(found.file.file.size),
        ]
        guard withBody else { return Response(status: .ok, headers: headers) }
        return Response(status: .ok, headers: headers, body: Self.body(found.bytes, size: Int(found.file.file.size)))
    }

    /// What was uploaded, else filler of the right length.
    private static func body(_ bytes: [UInt8]?, size: Int) -> ResponseBody {
        if let bytes { return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)) }
        return ResponseBody(contentLength: size) { writer in
            let chunk = ByteBuffer(repeating: UInt8(ascii: "."), count: 65_536)
            var left = size
            while left > 0 {
                let part = min(left, chunk.readableBytes)
                try await writer.write(chunk.getSlice(at: 0, length: part) ?? chunk)
                left -= part
            }
            try await writer.finish(nil)
        }
    }

    private static func storeRefusal(_ status: HTTPResponse.Status, _ code: String) -> Response {
        let page = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>\(code)</Code></Error>\n"
        return Response(
            status: status, headers: [.contentType: "application/xml"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
    }
}
