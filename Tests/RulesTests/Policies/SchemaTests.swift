import Domain
import Foundation
import Rules
import TestSupport
import Testing

/// The schema against an independent validator: what it takes and refuses, and where the loader knows more.
@Suite struct SchemaTests {
    private static let python: Bool = (try? run("import jsonschema, yaml", [])) != nil

    /// What the script prints, a line each; throws where it fails.
    private static func run(_ script: String, _ arguments: [String]) throws -> [String] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-W", "ignore", "-c", script] + arguments
        process.standardOutput = output
        if arguments.isEmpty { process.standardError = FileHandle.nullDevice }
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return text.split(separator: "\n").map(String.init)
    }

    /// The documents, as JSON or YAML texts by name, that the schema takes.
    private func accepted(_ documents: [String: String]) throws -> Set<String> {
        let directory = try TemporaryDirectory()
        try PolicySchema.json.write(to: directory.file("schema.json"), atomically: true, encoding: .utf8)
        try JSONEncoder().encode(documents).write(to: directory.file("documents.json"))
        let script = """
            import json, sys, jsonschema, yaml
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = jsonschema.Draft202012Validator(schema)
            for name, text in json.load(open(sys.argv[2])).items():
                try:
                    if validator.is_valid(yaml.safe_load(text)):
                        print(name)
                except (yaml.YAMLError, ValueError):
                    pass
            """
        return Set(try Self.run(script, [directory.file("schema.json").path, directory.file("documents.json").path]))
    }

    private static let skipped: Comment = "python3 with jsonschema and PyYAML is not installed"

    @Test(.enabled(if: python, skipped)) func theReadyPoliciesAreTakenByAnIndependentValidator() throws {
        var documents: [String: String] = [:]
        let names = try FileManager.default.contentsOfDirectory(atPath: ReadyPoliciesTests.folder.path)
        for name in names where name.hasSuffix(".yaml") {
            documents[name] = try String(
                contentsOf: ReadyPoliciesTests.folder.appending(path: name), encoding: .utf8)
        }
        #expect(documents.count == 5)
        #expect(try accepted(documents) == Set(documents.keys))
    }

    private static var periods: [String] {
        let limits: [(unit: String, most: Int)] = [
            ("h", 8_766_000), ("d", 365_250), ("w", 52_178), ("mo", 12_000), ("y", 1000),
        ]
        let odd = ["0d", "00d", "01d", "-1d", "1", "d", "1 d", "1D", "1m", "10000y"]
        return odd
            + limits.flatMap { unit, most in
                [1, 9, 10, most / 10, most - 1, most, most + 1, most + 10, most * 10].map { "\($0)\(unit)" }
            }
    }

    private static var sizes: [String] {
        var sizes = ["0B", "00B", "01MB", "-1B", "1", "1mb", "1 MB", "99999999999999999999999B"]
        for (unit, power) in [("B", 0), ("kB", 3), ("KB", 3), ("MB", 6), ("GB", 9), ("TB", 12)] {
            let most = UInt64(Int64.max) / (0..<power).reduce(1) { product, _ in product * 10 }
            for count in [1, 10, most / 10, most - 1, most, most + 1, most * 2] { sizes.append("\(count)\(unit)") }
        }
        return sizes
    }

    private static let types = [
        "image/*", "application/pdf", "Image/PNG", "*/*", "pdf", "image/", "image/png; q=1", "image/\u{212A}odak",
        String(repeating: "a", count: 127) + "/x", String(repeating: "a", count: 128) + "/x",
    ]

    private static let titles = [
        "t", " ", "\\u00a0", "\\u2800", "a\\nb", "a\\n", "\\u202e", "\\u3164", "\\u0007", "a\\u00adb",
        String(repeating: "a", count: 2000), String(repeating: "a", count: 2001),
    ]

    private static let others = [
        "\"retain\": \"1d\", \"retian\": \"3d\"", "\"retain\": \"1d\", \"locked\": true", "\"locked\": false",
        "\"retain\": \"1d\", \"scope\": {\"lines\": [\"2025550143\"]}",
        "\"retain\": \"1d\", \"scope\": {\"lines\": [12025550143]}",
        "\"retain\": \"1d\", \"scope\": {\"lines\": []}", "\"retain\": \"1d\", \"scope\": {}",
        "\"retain\": \"1d\", \"match\": {\"tier\": \"hot\"}", "\"retain\": \"1d\", \"match\": {\"size\": {}}",
        "\"retain\": \"1d\", \"archive\": {\"to\": \"vault\"}", "\"retain\": \"1d\", \"archive\": {}",
        "\"retain\": \"1d\", \"legal_ground\": \"gdpr\"", "\"retain\": \"1d\", \"legal_ground\": \"other\"",
        "\"delete_after\": \"1d\", \"legal_ground\": \"other\"",
    ]

    /// Members of one policy, each of which the loader and the schema must judge alike.
    static let values: [String] = {
        let due = "\"delete_after\": \"1d\", "
        var values = others + periods.map { "\"delete_after\": \"\($0)\"" }
        for size in sizes {
            values.append(due + "\"match\": {\"size\": {\"at_least\": \"\(size)\"}}")
            values.append(due + "\"match\": {\"size\": {\"below\": \"\(size)\"}}")
        }
        values += types.map { due + "\"match\": {\"mime\": [\"\($0)\"]}" }
        return values + titles.map { due + "\"title\": \"\($0)\"" }
    }()

    @Test(.enabled(if: python, skipped)) func theSchemaAndTheLoaderJudgeAValueAlike() throws {
        var documents: [String: String] = [:]
        for (number, value) in Self.values.enumerated() {
            let title = value.contains("\"title\"") ? "" : "\"title\": \"t\", "
            documents["\(number)"] =
                "{\"version\": 1, \"policies\": [{\"id\": \"a\", \(title)\"why\": \"w\", \(value)}]}"
        }
        let taken = try accepted(documents)
        for (number, value) in Self.values.enumerated() {
            let text = try #require(documents["\(number)"])
            let loads = PolicyLoader.load(files: [("p.yaml", Array(text.utf8))]).set != nil
            #expect(taken.contains("\(number)") == loads, "the loader \(loads ? "takes" : "refuses") \(value)")
        }
    }

    /// Bad files that the schema takes, and why it cannot know better.
    static let beyondASchema: [String: String] = [
        "id-twice": "two places of one file",
        "retain-longer": "arithmetic", "retain-same": "arithmetic", "retain-month-against-days": "arithmetic",
        "retain-year-against-days": "arithmetic", "size-range-empty": "arithmetic",
        "text-too-long": "bytes, where a schema counts characters",
        "text-block-as-period": "a last line break, before which a dollar matches in Python and not in ECMA 262",
    ]

    @Test(.enabled(if: python, skipped)) func theSchemaRefusesEveryBadFileThatASchemaCan() throws {
        var documents: [String: String] = [:]
        for name in CorpusTests.cases {
            let file = CorpusTests.folder.appending(path: name + ".yaml")
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
            if PolicyLoader.load(files: [("p.yaml", Array(text.utf8))]).set == nil { documents[name] = text }
        }
        #expect(documents.count > 60)
        // How a text is written (tabs, anchors, duplicate keys, quotes) is gone once a parser has read it.
        let taken = try accepted(documents).filter {
            !$0.hasPrefix("yaml-") && !$0.hasPrefix("bytes-") && !$0.hasPrefix("trap-")
        }
        #expect(taken.sorted() == Self.beyondASchema.keys.sorted())
    }

    @Test func theSchemaNamesEveryWordOfTheLanguage() throws {
        let words =
            LegalGround.names + Tier.allCases.map(\.rawValue) + Direction.allCases.map(\.rawValue)
            + AttachmentSource.allCases.map(\.rawValue) + Policy.Start.allCases.map(\.rawValue)
        for word in words { #expect(PolicySchema.json.contains("\"\(word)\""), "\(word)") }
    }
}
