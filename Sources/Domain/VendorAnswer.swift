/// One answer of the vendor, reduced to what decisions need: no body, no URL, no header but these.
package struct VendorAnswer: Sendable, Equatable {
    package enum Reply: Sendable, Equatable {
        /// A whole answer; `code` is `error.code` of the vendor's own error body, for this status.
        case http(status: Int, code: Int?)
        case failure(TransportFailure)
    }

    package var reply: Reply
    /// `X-Trace-ID`, at most 64 characters of `[A-Za-z0-9._-]`, else dropped.
    package var trace: String?
    package var retryAfter: RetryAfter?
    /// The `Date` header.
    package var date: Timestamp?
    /// The vendor itself says that it has no such attachment: a 404 with its own error body and a code of absence. Any other
    /// 404 may be a gateway's, and is proof of nothing.
    package let provesAbsence: Bool

    /// "Resource not found" and "attachment not found" (linq-api, section 11.2).
    package static let absentCodes: Set<Int> = [2001, 2003]
    /// "Attachment not ready".
    private static let notReadyCode = 2007

    package init(
        _ reply: Reply, trace: String? = nil, retryAfter: RetryAfter? = nil, date: Timestamp? = nil,
        absentCodes: Set<Int> = Self.absentCodes
    ) {
        self.reply = reply
        self.trace = trace
        self.retryAfter = retryAfter
        self.date = date
        if case .http(404, let code?) = reply, code != Self.notReadyCode {
            provesAbsence = absentCodes.contains(code)
        } else {
            provesAbsence = false
        }
    }

    package static func http(_ status: Int, code: Int? = nil) -> VendorAnswer {
        VendorAnswer(.http(status: status, code: code))
    }

    /// 0 where there was no answer, as the audit log writes it.
    package var status: Int {
        if case .http(let status, _) = reply { status } else { 0 }
    }

    /// A 404 that is not the vendor's own: something else answers in its place.
    package var isForeign: Bool { status == 404 && deletion == .unknown }

    /// The vendor said it: anything but a 404 without its error body. What never came is nobody's.
    package var isOfTheVendor: Bool {
        switch reply {
        case .http(404, let code): code != nil
        case .http: true
        case .failure: false
        }
    }

    /// What this answer to a DELETE means: the table of `docs/execution.md`.
    package var deletion: AnswerClass {
        switch reply {
        case .failure(let failure): failure.wasSent ? .unknown : .notSent
        case .http(let status, let code):
            switch status {
            case 204: .deleted
            case 404: code == Self.notReadyCode ? .notReady : provesAbsence ? .absent : .unknown
            case 400: .invalid
            case 401, 403: .refused
            case 429: .throttled
            case 408, 500, 502, 503, 504: .unknown
            default: .unexpected
            }
        }
    }
}

/// Why there is no whole answer. The raw values are the `err` of an audit record.
package enum TransportFailure: String, CaseIterable, Codable, Sendable {
    /// Before the request was written: nothing can have happened.
    case connectionRefused = "connection_refused"
    case nameResolution = "name_resolution"
    case tls
    case connectTimeout = "connect_timeout"
    /// The run halted before it was asked.
    case halted
    /// After the request was written, or possibly so.
    case timeout
    case reset
    case cut
    case oversized

    package var wasSent: Bool {
        switch self {
        case .connectionRefused, .nameResolution, .tls, .connectTimeout, .halted: false
        case .timeout, .reset, .cut, .oversized: true
        }
    }
}

/// `Retry-After`: seconds or an HTTP date (RFC 9110, 10.2.3).
package enum RetryAfter: Sendable, Equatable {
    case seconds(Int64)
    case date(Timestamp)

    /// Over 31 years: no time that anybody means.
    private static let mostSeconds: Int64 = 1_000_000_000

    /// `wait` is shorter than what the vendor asked for.
    package var isBeyondCounting: Bool {
        if case .seconds(let seconds) = self { seconds > Self.mostSeconds } else { false }
    }

    /// Microseconds from `now`, never negative.
    package func wait(from now: Timestamp) -> Int64 {
        switch self {
        case .seconds(let seconds): max(0, min(seconds, Self.mostSeconds)) * 1_000_000
        case .date(let date): max(0, date.microseconds - now.microseconds)
        }
    }
}
