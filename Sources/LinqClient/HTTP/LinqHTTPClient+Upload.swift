import AsyncHTTPClient
package import Domain
import NIOHTTP1

extension LinqHTTPClient {
    /// POST with the key, then PUT of the bytes without it (linq-api, 4.1 and 4.2). The answer is the PUT's, or the POST's
    /// where that failed; `id` is set as soon as the vendor has given one, whatever became of the PUT.
    package func upload(
        _ bytes: [UInt8], mime: String, name: String, mayGoOn: @Sendable (AttachmentID) -> Bool
    ) async -> UploadAnswer {
        var body = AsciiJSON()
        body.begin()
        body.field("filename", name)
        body.field("content_type", mime)
        body.field("size_bytes", Int64(bytes.count))
        body.end()
        let created = await send(.POST, "/v3/attachments", json: body.bytes)
        var upload = UploadAnswer(answer: created.answer)
        guard (200..<300).contains(created.answer.status), let root = try? JSONDocument(created.body).root,
            let id: AttachmentID = try? root.requiredUUID("attachment_id")
        else { return upload }
        upload.id = id
        guard mayGoOn(id), let target = root["upload_url"]?.string, mayUpload(to: target) else {
            upload.answer = VendorAnswer(.failure(.connectionRefused))
            return upload
        }
        var request = HTTPClientRequest(url: target)
        request.method = .PUT
        request.body = .bytes(bytes)
        for (name, value) in root["required_headers"]?.members ?? [] {
            guard let value = value.string, Self.maySend(name) else { continue }
            request.headers.replaceOrAdd(name: name, value: value)
        }
        upload.answer = await perform(request, maximumBody: Self.maximumBody).answer
        return upload
    }

    /// The upload host is the vendor's own business and not documented (linq-api, D9): https anywhere, or plain http from
    /// loopback to loopback.
    private func mayUpload(to url: String) -> Bool {
        guard let origin = Origin(url: url) else { return false }
        return origin.scheme == "https" || (origin.isLoopback && options.baseURL.origin.isLoopback)
    }

    /// The length is what the bytes are; a key is never sent along on somebody's word.
    private static func maySend(_ header: String) -> Bool {
        !["content-length", "host", "authorization", "transfer-encoding", "connection"].contains(header.lowercased())
    }
}
