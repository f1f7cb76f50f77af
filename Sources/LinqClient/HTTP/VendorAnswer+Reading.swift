import AsyncHTTPClient
import Domain
import NIOHTTP1

extension VendorAnswer {
    /// A whole answer, reduced to what decisions need.
    init(status: Int, headers: HTTPHeaders, body: [UInt8], absentCodes: Set<Int> = Self.absentCodes) {
        let document = status >= 400 ? try? JSONDocument(body).root : nil
        let error = document?["error"]
        let isTheVendors = document?["success"]?.bool == false && error?["status"]?.integer == Int64(status)
        let code = isTheVendors ? error?["code"]?.integer.flatMap { Int(exactly: $0) } : nil
        self.init(
            .http(status: status, code: code),
            trace: headers.first(name: "x-trace-id").flatMap { Self.cleanTrace($0) },
            retryAfter: headers.first(name: "retry-after").flatMap { RetryAfter(header: $0) }
                ?? error?["retry_after"]?.integer.map { .seconds(max(0, $0)) },
            // Out of a cache it says when it was put there (RFC 9111, 5.1).
            date: headers.contains(name: "age") ? nil : headers.first(name: "date").flatMap { HTTPDate.parse($0) },
            absentCodes: absentCodes)
    }

    /// What goes into the audit log as the vendor's trace id: at most 64 characters of `[A-Za-z0-9._-]`, a letter among them,
    /// else nothing. Digits alone may be the number of a person, and the log keeps them for years.
    static func cleanTrace(_ text: String) -> String? {
        let isClean = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        let hasLetter = text.utf8.contains { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
        return isClean && hasLetter && (1...64).contains(text.utf8.count) ? text : nil
    }
}

extension RetryAfter {
    /// Seconds or an HTTP date (RFC 9110, 10.2.3); `nil` for anything else.
    init?(header: String) {
        let text = String(Substring(header).trimmingSpaces())
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            self = .seconds(Int64(text) ?? .max)
        } else if let date = HTTPDate.parse(text) {
            self = .date(date)
        } else {
            return nil
        }
    }
}
