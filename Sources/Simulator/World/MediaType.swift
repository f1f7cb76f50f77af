/// The 51 MIME types that `POST /v3/attachments` takes, less those its own text rejects (linq-api, section 4.1, D8).
enum MediaType {
    static func isAccepted(_ mime: String) -> Bool { accepted.contains(mime) }

    /// By the end of a URL's path, for sends by URL.
    static func guess(_ name: String) -> String {
        let suffix = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return bySuffix[suffix] ?? "image/jpeg"
    }

    private static let bySuffix = [
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "heic": "image/heic",
        "pdf": "application/pdf", "mp4": "video/mp4", "mov": "video/quicktime", "mp3": "audio/mpeg",
        "m4a": "audio/x-m4a", "txt": "text/plain", "csv": "text/csv", "vcf": "text/vcard", "zip": "application/zip",
    ]

    private static let accepted: Set<String> = [
        "image/jpeg", "image/png", "image/gif", "image/heic", "image/heif", "image/tiff", "image/bmp", "image/x-icon",
        "video/mp4", "video/quicktime", "video/mpeg", "video/mpeg2", "video/x-m4v", "video/x-msvideo", "video/3gpp",
        "audio/mpeg", "audio/mp3", "audio/x-m4a", "audio/mp4", "audio/x-caf", "audio/x-wav", "audio/x-aiff",
        "audio/aiff", "audio/aac", "audio/midi", "audio/amr",
        "text/plain", "text/markdown", "text/vcard", "text/rtf", "text/csv", "text/html", "text/calendar", "text/xml",
        "application/pdf", "application/vnd.apple.pkpass", "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.apple.pages",
        "application/vnd.apple.numbers", "application/vnd.apple.keynote", "application/epub+zip", "application/json",
        "application/zip", "application/x-gzip",
    ]
}
