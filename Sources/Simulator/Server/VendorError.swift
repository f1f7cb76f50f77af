import Domain

/// A refusal in the vendor's words and numbers (linq-api, section 11).
struct VendorError: Error, Equatable {
    var status: Int
    var code: Int
    var message: String
    /// Seconds; 429 only.
    var retryAfter: Int64?

    init(_ status: Int, _ code: Int, _ message: String, retryAfter: Int64? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// `{"success":false,"error":{"status","code","message","doc_url","retry_after"?},"trace_id"}`
    func body(trace: String) -> WireJSON {
        var error: WireJSON = [
            "status": .integer(Int64(status)), "code": .integer(Int64(code)), "message": .string(message),
            "doc_url": .string("https://docs.linqapp.com/error/codes/\(code / 1000)xxx/\(code)/"),
        ]
        if let retryAfter { error = error.adding([("retry_after", .integer(retryAfter))]) }
        return ["success": false, "error": error, "trace_id": .string(trace)]
    }

    static let unauthorized = VendorError(401, 2004, "Unauthorized - missing or invalid authentication token")
    static let resourceNotFound = VendorError(404, 2001, "Resource not found")
    static let chatNotFound = VendorError(404, 2001, "Chat not found")
    static let messageNotFound = VendorError(404, 2002, "Message not found")
    static let attachmentNotFound = VendorError(404, 2003, "Attachment not found")
    static let attachmentNotReady = VendorError(404, 2007, "Attachment is still being processed")
    static let lineNotYours = VendorError(403, 2006, "Phone number does not belong to your account")
    static let invalidBody = VendorError(400, 1003, "Request body is not valid JSON")
    static let internalError = VendorError(500, 3006, "Internal server error")
    static let unavailable = VendorError(503, 4004, "Service unavailable")
    static let upstreamTimeout = VendorError(504, 3005, "Upstream timeout")

    static func missing(_ field: String) -> VendorError { VendorError(400, 1001, "Missing required field: \(field)") }
    static func content(_ text: String) -> VendorError { VendorError(400, 1004, "Invalid message content: \(text)") }
    static func invalid(_ field: String) -> VendorError { VendorError(400, 1005, "Invalid parameter value: \(field)") }

    static func throttled(_ seconds: Int64) -> VendorError {
        VendorError(429, 1007, "Rate limited. Try again in \(seconds) seconds.", retryAfter: seconds)
    }
}
