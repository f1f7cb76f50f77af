import AsyncHTTPClient
package import Domain
import NIOHTTP1

extension LinqHTTPClient {
    package func delete(_ id: AttachmentID) async -> VendorAnswer {
        await send(.DELETE, "/v3/attachments/\(id)").answer
    }

    /// A 200 whose body is not the attachment that was asked for is no answer of the vendor's: it says nothing (`cut`).
    package func lookUp(_ id: AttachmentID) async -> AttachmentLookup {
        let exchange = await send(.GET, "/v3/attachments/\(id)")
        var lookup = AttachmentLookup(answer: exchange.answer)
        guard exchange.answer.status == 200 else { return lookup }
        guard let root = try? JSONDocument(exchange.body).root, let named: AttachmentID = try? root.requiredUUID("id"),
            named == id, root["success"]?.bool != false
        else {
            lookup.answer.reply = .failure(.cut)
            return lookup
        }
        let url = root["download_url"]?.string
        lookup.found = ObservedAttachment(
            id: id, source: .message, mime: root["content_type"]?.string?.lowercased(),
            size: root["size_bytes"]?.integer.flatMap { $0 < 0 ? nil : $0 },
            layout: url.map { URLLayout(of: $0) }, apiCreated: root["created_at"]?.timestamp)
        lookup.url = url.flatMap { mayFetch($0) ? DownloadURL($0) : nil }
        return lookup
    }

    /// Without the key, and only where files are served: `cdn.linqapp.com` (guide, section 9), or the base URL's own host
    /// while that is loopback. Any other host is answered `connectionRefused`: nothing was sent.
    package func head(_ url: DownloadURL) async -> VendorAnswer {
        guard mayFetch(url.secret) else { return VendorAnswer(.failure(.connectionRefused)) }
        var request = HTTPClientRequest(url: url.secret)
        request.method = .HEAD
        return await perform(request, maximumBody: Self.maximumBody).answer
    }

    private func mayFetch(_ url: String) -> Bool {
        guard let origin = Origin(url: url) else { return false }
        let isVendor = origin.scheme == "https" && Self.downloadHosts.contains(origin.host) && origin.port == 443
        return isVendor || (origin.isLoopback && origin == options.baseURL.origin)
    }
}
