import Audit
import Domain
import Foundation
import Testing

@testable import Reports

struct OCSFTests {
    @Test func everyEventLeadsBackToOriginAndSeq() throws {
        let sample = try SampleSegments()
        for reader in try sample.readers() {
            let entries = try reader.entries(after: -1, limit: 99)
            #expect(entries.count > 4)
            for entry in entries {
                let bytes = OCSFEvent(entry, origin: reader.origin).bytes
                let event = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
                let metadata = try #require(event["metadata"] as? [String: Any])
                #expect(metadata["uid"] as? String == "\(reader.origin)#\(entry.seq)")
                #expect(event["raw_data"] as? String == String(decoding: entry.line, as: UTF8.self))
                #expect(event["class_uid"] as? Int == 6003)
                #expect(event["time"] as? Int64 == entry.time.microseconds / 1000)
                let isDelete = entry.record.type.rawValue.hasPrefix("delete.")
                #expect(event["type_uid"] as? Int == (isDelete ? 600_304 : 600_399))
            }
        }
    }
}
