import Domain
import Foundation
import LinqClient
import TestSupport
import Testing

struct DeliveryFileTests {
    /// Reads `text` in chunks of so many bytes.
    private func pieces(_ text: String, chunk: Int = .max, maximumBody: Int = 1000) throws -> [String] {
        var rest = Array(text.utf8)[...]
        var file = DeliveryFile(maximumBody: maximumBody) { count in
            let taken = rest.prefix(min(count, chunk))
            rest = rest.dropFirst(taken.count)
            return Array(taken)
        }
        var found: [String] = []
        while let piece = try file.next() {
            switch piece {
            case .delivery(let delivery):
                let terminator = delivery.terminator.map { $0 == 0x0A ? "n" : $0 == 0x0D ? "r" : "_" }.joined()
                found.append("\(delivery.line):\(String(decoding: delivery.body, as: UTF8.self))|\(terminator)")
            case .broken(let line, let error): found.append("\(line)!\(error.code)")
            }
        }
        return found
    }

    @Test(
        "bodies are cut where they should be",
        arguments: [
            ("", []), (" \n\r\n ", []), ("{}", ["1:{}|"]), ("{}\n", ["1:{}|n"]), ("\n\n{}\r\n", ["3:{}|rn"]),
            ("{}\n{}\n", ["1:{}|n", "2:{}|n"]), ("{}\n\n \n{\"a\":1}", ["1:{}|n", "4:{\"a\":1}|"]),
            // A body over several lines is one body, with the white space after it.
            ("{\n  \"a\": 1\n}\n", ["1:{\n  \"a\": 1\n}|n"]), ("\n{\n\"a\": [\n{}]}\n\n", ["2:{\n\"a\": [\n{}]}|nn"]),
            // A broken line is one piece and the rest goes on.
            ("{\"a\": \"x\n{}\n", ["1:{\"a\": \"x|n", "2:{}|n"]), ("{\"a\": 1,\n{}\n", ["1:{\"a\": 1,|n", "2:{}|n"]),
            ("{}\n{\"a\": \n{}\n", ["1:{}|n", "2:{\"a\":|_n", "3:{}|n"]), ("junk\n{}\n", ["1:junk|n", "2:{}|n"]),
            ("{}}\n{}\n", ["1:{}}|n", "2:{}|n"]),
            // An array, on one line or several.
            ("[]", []), ("[ \n ]\n", []), ("[{},{}]", ["1:{}|", "1:{}|"]),
            ("[\n{} ,\n{\"a\":[1,2]}\n]\n", ["2:{}|_", "3:{\"a\":[1,2]}|n"]),
            ("[{\"a\":\"],[\\\"\"},{}]", ["1:{\"a\":\"],[\\\"\"}|", "1:{}|"]), ("[{},,{}]", ["1:{}|", "1:|", "1:{}|"]),
            ("[{}", ["1!invalid-json"]), ("[{},{\"a\"", ["1:{}|", "1!invalid-json"]), ("[", ["1!invalid-json"]),
            ("[{}]\n[{}]\n", ["1:{}|", "2:[{}]|n"]), ("[{}] junk", ["1:{}|", "1:junk|"]), ("[] junk", ["1:junk|"]),
            ("\u{FEFF}{}\n", ["1:{}|n"]),
        ])
    func cutting(_ text: String, _ expected: [String]) throws {
        for chunk in [Int.max, 7, 1] {
            #expect(try pieces(text, chunk: chunk) == expected, "in chunks of \(chunk)")
        }
    }

    @Test("a body may be as large as allowed and no larger", arguments: [(9, false), (10, false), (11, true)])
    func limits(_ size: Int, _ isBroken: Bool) throws {
        let body = "{" + String(repeating: " ", count: size - 2) + "}"
        for chunk in [Int.max, 1] {
            let lines = try pieces("\(body)\n{}\n", chunk: chunk, maximumBody: 10)
            #expect(lines == [isBroken ? "1!too-large" : "1:\(body)|n", "2:{}|n"])
            let array = try pieces("[\(body),{}]", chunk: chunk, maximumBody: 10)
            #expect(array == [isBroken ? "1!too-large" : "1:\(body)|", "1:{}|"])
        }
    }

    @Test("a long file is read as it is asked for: never more ahead than two chunks", arguments: [false, true])
    func constantMemory(_ isArray: Bool) throws {
        let body = "{\"a\":\"" + String(repeating: "x", count: 20_000) + "\"}"
        let unit = Array((body + (isArray ? "," : "\n")).utf8)
        var ahead = 0
        var left = 100
        var start = isArray ? [UInt8(ascii: "[")] : []
        var file = DeliveryFile { count in
            defer { start = [] }
            let units = min(left, (count - 1) / unit.count)
            left -= units
            ahead += units * unit.count
            return start + (0..<units).flatMap { _ in unit }
        }
        var count = 0
        while let piece = try file.next() {
            guard case .delivery = piece else { continue }
            count += 1
            ahead -= unit.count
            #expect(ahead < 512 << 10)
        }
        #expect(count == 100)
    }

    @Test("files are read by path, and what is none is unreadable")
    func paths() throws {
        let scratch = try TemporaryDirectory()
        let url = scratch.file("deliveries.ndjson")
        let names = try fixtureNames("webhooks")
        let lines = try names.map { name in
            let object = try JSONSerialization.jsonObject(with: Data(fixture("webhooks/\(name)")))
            return try JSONSerialization.data(withJSONObject: object) + Data([0x0A])
        }
        try Data(lines.joined()).write(to: url)
        var file = try DeliveryFile(path: url.path)
        var read = 0
        while let piece = try file.next() {
            guard case .delivery(let delivery) = piece else { continue }
            read += 1
            #expect(delivery.line == read)
            _ = try WebhookDelivery(delivery.body)
        }
        #expect(read == 27)
        for path in [scratch.url.path, scratch.file("none").path] {
            #expect(LetheError.code { _ = try DeliveryFile(path: path) } == "unreadable-file")
        }
    }

    @Test("a single fixture and its sidecar come out byte for byte")
    func singleFixture() throws {
        let name = "2026-02-03--message.received--persistent-image"
        for ending in [".json", ".headers.json"] {
            var file = try DeliveryFile(path: Paths.linq.appending(path: "webhooks/\(name)\(ending)").path)
            guard case .delivery(let delivery)? = try file.next() else {
                Issue.record("nothing was read")
                continue
            }
            #expect(delivery.body + delivery.terminator == (try fixture("webhooks/\(name)\(ending)")))
            #expect(try file.next() == nil)
        }
    }

    @Test("a reader that fails is an unreadable file")
    func failingReader() {
        struct Failure: Error {}
        var file = DeliveryFile { _ in throw Failure() }
        #expect(LetheError.code { _ = try file.next() } == "unreadable-file")
    }
}
