import Cryptography
import Domain
import Foundation

/// Where files are put and fetched. The paths are the vendor's; what the API answers leads to this server, what
/// messages and webhooks carry has the vendor's host, as it does in real deliveries (guide, section 5).
extension World {
    static let urlLife: Int64 = 900

    /// In `parts`: `https://cdn.linqapp.com/...`.
    func publicURL(of stored: StoredFile, at now: Timestamp) -> String {
        "https://cdn.linqapp.com" + downloadPath(of: stored, at: now)
    }

    /// In `download_url`: on this server.
    func url(of stored: StoredFile, at now: Timestamp) -> String {
        origin + downloadPath(of: stored, at: now)
    }

    func uploadURL(of stored: StoredFile, at now: Timestamp) -> String {
        let path = "/uploads/\(stored.id)"
        let expires = now.seconds + Self.urlLife
        return "\(origin)\(path)?X-Amz-Expires=\(expires)&X-Amz-SignedHeaders=content-length%3Bcontent-type"
            + "&X-Amz-Signature=\(signature(path, expires))"
    }

    /// `/attachments/partners/{partner}/{id}/{file}`, or `/ephemeral/…` with a signature that ends in 15 minutes.
    private func downloadPath(of stored: StoredFile, at now: Timestamp) -> String {
        let folder = stored.isEphemeral ? "/ephemeral" : "/attachments"
        let name = stored.file.name.addingPercentEncoding(withAllowedCharacters: .urlPathSegment) ?? "file"
        let path = "\(folder)/partners/\(partners[Int(stored.partner)].id)/\(stored.id)"
        guard stored.isEphemeral else { return "\(path)/\(name)" }
        let expires = now.seconds + Self.urlLife
        return "\(path)/\(name)?Expires=\(expires)&Signature=\(signature(path, expires))"
    }

    func isSigned(_ path: String, expires: Int64, signature given: String?, at now: Timestamp) -> Bool {
        given == signature(path, expires) && now.seconds < expires
    }

    /// Not a secret: a stand-in that cannot be guessed by accident.
    private func signature(_ path: String, _ expires: Int64) -> String {
        Hex.encode(Digest.sha256(Array("simulated \(path) \(expires)".utf8)))
    }
}

extension CharacterSet {
    fileprivate static let urlPathSegment = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: "/;"))
}
