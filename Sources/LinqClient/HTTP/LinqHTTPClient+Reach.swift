import AsyncHTTPClient
import Domain
import NIOHTTP1

extension LinqHTTPClient {
    /// The one host that downloads may come from: `cdn.linqapp.com`, or the base URL's own while that is loopback.
    package var downloadHost: String {
        let origin = options.baseURL.origin
        return origin.isLoopback ? "\(origin.host):\(origin.port)" : Self.downloadHosts[0]
    }

    /// Whether anything at `host` (a name, with a port unless that is 443) answers HTTP over TLS, or plainly on loopback. HEAD of
    /// its root, without the key. A name that is none is not reached.
    package func reaches(_ host: String) async -> Bool {
        guard let origin = Origin(url: "https://" + host) else { return false }
        let address = origin.isLoopback ? "http://" + host : "https://" + host
        var request = HTTPClientRequest(url: address + "/")
        request.method = .HEAD
        return await perform(request, maximumBody: Self.maximumBody).answer.status > 0
    }
}
