package import Audit
import Domain

/// A record as an event of OCSF 1.3, API Activity (class 6003). `delete.intent` and `delete.outcome` are of
/// activity Delete (type 600304), the others of activity Other (600399). `metadata.uid` leads back to origin and seq.
package struct OCSFEvent {
    let origin: String
    let entry: LogEntry

    package init(_ entry: LogEntry, origin: String) {
        self.entry = entry
        self.origin = origin
    }

    private var isDelete: Bool {
        switch entry.record {
        case .deleteIntent, .deleteOutcome: true
        default: false
        }
    }

    /// One line without LF.
    package var bytes: [UInt8] {
        var json = AsciiJSON(reserving: 2048)
        json.begin()
        json.field("activity_id", isDelete ? 4 : 99)
        json.field("activity_name", isDelete ? "Delete" : entry.record.type.rawValue)
        json.field("category_uid", 6)
        json.field("category_name", "Application Activity")
        json.field("class_uid", 6003)
        json.field("class_name", "API Activity")
        json.field("type_uid", isDelete ? 600304 : 600399)
        json.field("severity_id", 1)
        json.field("time", entry.time.microseconds / 1000)
        status(&json)
        json.begin("api")
        json.field("operation", isDelete ? "DELETE /v3/attachments/{id}" : entry.record.type.rawValue)
        json.end()
        json.begin("actor")
        json.field("app_name", "lethe")
        json.end()
        json.begin("src_endpoint")
        json.field("name", origin)
        json.end()
        if let attachment = entry.record.attachment {
            json.begin("http_request")
            json.field("uid", attachment.description)
            json.end()
        }
        metadata(&json)
        json.field("raw_data", String(decoding: entry.line, as: UTF8.self))
        json.end()
        return json.bytes
    }

    private func status(_ json: inout AsciiJSON) {
        guard case .deleteOutcome(let answer) = entry.record else {
            json.field("status_id", 99)
            json.field("status", entry.record.type.rawValue)
            return
        }
        json.field("status_id", answer.answer == .deleted ? 1 : 2)
        json.field("status", answer.final?.rawValue ?? answer.answer.rawValue)
        json.field("status_code", String(answer.http))
    }

    private func metadata(_ json: inout AsciiJSON) {
        json.begin("metadata")
        json.field("version", "1.3.0")
        json.field("uid", "\(origin)#\(entry.seq)")
        json.field("log_name", origin)
        json.field("sequence", entry.seq)
        json.field("original_time", entry.time.description)
        json.begin("product")
        json.field("name", "lethe")
        json.field("vendor_name", "lethe")
        json.end()
        json.end()
    }
}
