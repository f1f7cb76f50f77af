package import Domain
package import Foundation
import Inventory

/// How everything in this room is written as JSON: snake_case, sorted keys, two spaces, one LF at the end.
package enum ReportJSON {
    /// The items are put in one by one: there may be any number.
    package static func write(_ report: Report, to sink: TextSink) throws(LetheError) {
        guard let whole = try? text(of: report) else {
            throw LetheError("not-encoded", .failed, "the report cannot be written as JSON")
        }
        let place = "\n  \"items\" : ["
        guard report.itemCount > 0, let gap = whole.range(of: place + "\n\n  ]") else { return try sink(whole) }
        var text = whole[..<gap.lowerBound] + place
        var isFirst = true
        try report.items.forEachItem { item in
            text += isFirst ? "\n" : ",\n"
            isFirst = false
            text += ItemJSON.text(of: item)
            guard text.utf8.count > portion else { return }
            try sink(String(text))
            text = ""
        }
        try sink(text + "\n  ]" + whole[gap.upperBound...])
    }

    /// Bytes that are handed on together.
    private static let portion = 1 << 16

    package static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    package static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    static func text(of value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}

/// One item as the encoder would write it within its list; the encoder itself takes ten times as long.
private enum ItemJSON {
    static func text(of item: ReportValues.Item) -> String {
        let fields: [(String, String?)] = [
            ("at", quoted(item.at.description)), ("attachment", quoted(item.attachment.description)),
            ("attempts", String(item.attempts)), ("bytes", item.bytes.map { String($0) }),
            ("grade", item.grade.map { quoted($0.rawValue) }), ("last_answer", item.lastAnswer.map(quoted)),
            ("line", item.line.map { quoted($0.number) }), ("outcome", quoted(item.outcome.rawValue)),
            ("plan", quoted(item.plan.description)), ("request", item.request.map { quoted($0.description) }),
            ("rule", quoted(item.rule)), ("run", item.run.map { quoted($0.description) }),
            ("tier", quoted(item.tier.rawValue)), ("trace", item.trace.map(quoted)),
        ]
        let lines = fields.compactMap { name, value in value.map { "      \"\(name)\" : \($0)" } }
        return "    {\n" + lines.joined(separator: ",\n") + "\n    }"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// Takes a text piece by piece.
package typealias TextSink = (String) throws(LetheError) -> Void
