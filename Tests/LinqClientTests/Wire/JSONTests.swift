import Domain
import Foundation
import TestSupport
import Testing

@testable import LinqClient

struct JSONTests {
    private func document(_ text: String) throws -> JSONValue { try JSONDocument(Array(text.utf8)).root }

    @Test("values are read as they are")
    func values() throws {
        let root = try document(
            #" { "text" : "a\"\\\/\b\f\n\r\té" , "pair" : "\ud83d\ude00", "lone" : "x\ud83dy", "n" : -12, "big" : 9223372036854775807, "#
                + #""over": 9223372036854775808, "real" : 1.5e3, "yes" : true, "no" : false, "nil" : null, "list" : [1, [], {}], "key" : 1 } "#
        )
        #expect(root["text"]?.string == "a\"\\/\u{8}\u{c}\n\r\té")
        #expect(root["pair"]?.string == "😀" && root["lone"]?.string == "x\u{FFFD}y")
        #expect(root["n"]?.integer == -12 && root["big"]?.integer == .max)
        #expect(root["over"]?.integer == nil && root["real"]?.integer == nil)
        #expect(root["yes"]?.bool == true && root["no"]?.bool == false && root["n"]?.bool == nil)
        #expect(root["nil"] == nil && root["absent"] == nil && root["list"]?["n"] == nil)
        #expect(root["list"]?.elements?.count == 3)
        #expect(root.members?.map(\.name).contains("nil") == true)
    }

    @Test("a name spelt with escapes is found")
    func escapedName() throws {
        #expect(try document(#"{"\u0069\u0064": 1}"#)["id"]?.integer == 1)
    }

    @Test(
        "what is not JSON is refused by its byte",
        arguments: [
            ("", 0), ("   ", 3), ("{", 1), ("[", 1), ("[1", 2), ("[1,]", 3), ("{\"a\"}", 4), ("{\"a\":}", 5),
            ("{\"a\":1,}", 7), ("{a:1}", 1),
            ("tru", 3), ("nul1", 3), ("01", 1), ("1.", 2), ("-", 1), ("+1", 0), (".5", 0), ("1e", 2), ("NaN", 0),
            ("'a'", 0),
            ("\"", 1), ("\"\\", 2), ("\"\\x\"", 2), ("\"\\u12g4\"", 5), ("\"\n\"", 1), ("1 2", 2), ("[1] x", 4),
            ("\u{FEFF}1", 0), ("/**/1", 0),
            ("{\"a\":1,\"b\":2,\"a\":3}", 19),
        ])
    func refused(_ text: String, _ offset: Int) {
        let error = #expect(throws: LetheError.self) { try JSONDocument(Array(text.utf8)) }
        #expect(
            error?.code == "invalid-json" && error?.message.hasSuffix("at byte \(offset)") == true,
            "\(error?.message ?? "")")
    }

    @Test(
        "bytes that are no UTF-8 are refused",
        arguments: [
            [0x80], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
        ] as [[UInt8]])
    func notUTF8(_ bytes: [UInt8]) {
        #expect(LetheError.code { _ = try JSONDocument([0x22] + bytes + [0x22]) } == "invalid-json")
        #expect(LetheError.code { _ = try JSONDocument(bytes) } == "invalid-json")
    }

    @Test(
        "a name is what its escapes spell, however it is given twice",
        arguments: [
            (#"{"id": 1, "\u0069d": 2}"#, false), (#"{"\u0069d": 1, "id": 2}"#, false),
            (#"{"\u0069d": 1, "i\u0064": 2}"#, false), (#"{"a/b": 1, "a\/b": 2}"#, false),
            (#"{"x": {"id": 1, "\u0069\u0064": 2}}"#, false), (#"{"\u0049d": 1, "id": 2}"#, true),
            (#"{"\u0069d": 1, "x": {"id": 2}}"#, true), (#"{"\u00e9": 1, "e\u0301": 2}"#, true),
            (#"{"id": "a", "v": "\u0069d"}"#, true),
        ])
    func escapedRepeatedName(_ text: String, _ isRead: Bool) {
        #expect(LetheError.code { _ = try self.document(text) } == (isRead ? nil : "invalid-json"))
        let many = (0..<40).map { "\"k\($0)\": 0, " }.joined()
        let longer = text.replacing("{\"", with: "{\(many)\"")
        #expect(LetheError.code { _ = try self.document(longer) } == (isRead ? nil : "invalid-json"))
    }

    @Test("names given twice are refused among few and among many", arguments: [2, 31, 32, 33, 34, 500])
    func repeatedNames(_ count: Int) throws {
        let names = (0..<count).map { "\"n\($0)\":\($0)" }
        let root = try document("{" + names.joined(separator: ",") + "}")
        #expect(root.members?.count == count)
        let twice = names + [names[count / 2]]
        #expect(LetheError.code { _ = try self.document("{" + twice.joined(separator: ",") + "}") } == "invalid-json")
    }

    @Test("nesting is bounded", arguments: [(63, true), (64, true), (65, false), (100_000, false)])
    func depth(_ depth: Int, _ isRead: Bool) {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            #expect((LetheError.code { _ = try self.document(text) } == nil) == isRead)
        }
    }

    @Test("size is bounded")
    func size() {
        let text = Array("[1,2,3]".utf8)
        #expect(LetheError.code { _ = try JSONDocument(text, maximumSize: 7) } == nil)
        #expect(LetheError.code { _ = try JSONDocument(text, maximumSize: 6) } == "too-large")
    }

    /// So many inputs: `LETHE_FUZZ`.
    private static let rounds = ProcessInfo.processInfo.environment["LETHE_FUZZ"].flatMap { Int($0) } ?? 2000

    @Test("whatever the bytes, a delivery is read or refused by a code, and a body of JSON means what Foundation reads")
    func mutations() throws {
        let names = try fixtureNames("webhooks").map { "webhooks/\($0)" } + fixtureNames("api").map { "api/\($0)" }
        let seeds = try names.map { try fixture($0) }
        let tokens = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "null", "-", "1e9", "\u{0}", "é", "\\ud800", " ",
        ].map { Array($0.utf8) }
        let codes: Set = [
            "invalid-json", "invalid-delivery", "missing-field", "invalid-id", "too-large", "unknown-response",
        ]
        for seed in 0..<UInt64(Self.rounds) {
            var random = SeededGenerator(seed: seed)
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                Self.mutate(&bytes, tokens, &random)
            }
            for code in [
                LetheError.code { _ = try WebhookDelivery(bytes) }, LetheError.code { _ = try SendResponse(bytes) },
                LetheError.code { _ = try WebhookHeaders(json: bytes) },
            ] {
                #expect(
                    code.map { codes.contains($0) || $0 == "invalid-headers" } ?? true, "seed \(seed): \(code ?? "")")
            }
            if let root = try? JSONDocument(bytes).root {
                let object = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
                #expect(object == nil || Self.isSame(root, object as Any), "seed \(seed)")
            }
        }
    }

    private static func mutate(_ bytes: inout [UInt8], _ tokens: [[UInt8]], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
        case 2: bytes.insert(contentsOf: tokens.randomElement(using: &random) ?? [], at: place)
        case 3: bytes = Array(bytes[..<place])
        default:
            let end = min(bytes.count, place + Int.random(in: 1...200, using: &random))
            bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
        }
    }

    private static func isSame(_ value: JSONValue, _ object: Any) -> Bool {
        if let text = value.string { return text == object as? String }
        if let elements = value.elements {
            guard let others = object as? [Any], others.count == elements.count else { return false }
            return zip(elements, others).allSatisfy { isSame($0, $1) }
        }
        if let members = value.members {
            guard let others = object as? [String: Any] else { return false }
            // Names that differ in spelling only are two to the reader and one to Foundation.
            guard others.count == members.count else { return Set(members.map(\.name)).count == others.count }
            return members.allSatisfy { isSame($0.value, others[$0.name] as Any) }
        }
        if let integer = value.integer { return (object as? NSNumber)?.int64Value == integer }
        return object is NSNull || object is NSNumber
    }
}
