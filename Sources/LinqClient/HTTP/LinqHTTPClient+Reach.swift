import AsyncHTTPClient
import Domain
import NIOHTTP1

extension LinqHTTPClient {
    /// The one host that downloads may come from: `cdn.linqapp.com`, or the base URL's own while that is loopback.
    package var downloadHost: String {
        let origin = options.baseURL.origin
        return origin.isLoopback ? "\(origin.host):\(origin.port)" : Self.downloadHosts[0]
    }

    /// A name, with a port unless that is 443, and nothing more.
    package static func isHost(_ text: String) -> Bool {
        Origin(url: "https://" + text) != nil && text.utf8.allSatisfy { !"/?#@ ".utf8.contains($0) } && !text.isEmpty
    }

    /// Whether anything at `host` takes a connection: what answers no HTTP, or ends it, is reached all the same. HEAD of its root, without
    /// the key, over TLS, or plainly on loopback.
    package func reaches(_ host: String) async -> Bool {
        guard let origin = Origin(url: "https://" + host) else { return false }
        let address = origin.isLoopback ? "http://" + host : "https://" + host
        var request = HTTPClientRequest(url: address + "/")
        request.method = .HEAD
        switch await perform(request, maximumBody: Self.maximumBody).answer.reply {
        case .http: return true
        case .failure(let failure): return failure.wasSent || failure == .tls
        }
    }
}
