import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// Merkle trees, notes and proofs of others, read from beside the checkout.
@Suite(.enabled(if: Paths.vectors != nil, "the vectors are not beside the checkout"))
struct TreeVectorTests {
    private func json(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: #require(Paths.vectors).appending(path: path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func digests(_ value: Any?) -> [Digest32?] {
        (value as? [String] ?? []).map { Data(base64Encoded: $0).flatMap { Digest32(Array($0)) } }
    }

    private func digest(_ value: Any?) -> Digest32? { digests([value as? String ?? ""])[0] }

    private func number(_ value: Any?) throws -> UInt64 { try #require(value as? NSNumber).uint64Value }

    @Test func inclusionAsOthersJudgeIt() throws {
        let tests = try #require(try json("merkle/inclusion.json")["tests"] as? [[String: Any]])
        #expect(tests.count == 98)
        for test in tests {
            var isIncluded = false
            let path = digests(test["proof"])
            // Hashes that are not 32 bytes are refused before any hashing.
            if let leaf = digest(test["leafHash"]), let root = digest(test["root"]), !path.contains(nil) {
                isIncluded = try MerkleVerification.isIncluded(
                    leaf: leaf, index: number(test["leafIdx"]), size: number(test["treeSize"]),
                    path: path.compactMap { $0 }, root: root, TreeHasher())
            }
            #expect(isIncluded == (test["wantErr"] as? Bool == false), "\(test["file"] ?? "")")
        }
    }

    @Test func consistencyAsOthersJudgeIt() throws {
        let tests = try #require(try json("merkle/consistency.json")["tests"] as? [[String: Any]])
        #expect(tests.count == 98)
        for test in tests {
            func bytes(_ value: Any?) -> [UInt8] { Data(base64Encoded: value as? String ?? "").map(Array.init) ?? [] }
            let (older, newer) = (try number(test["size1"]), try number(test["size2"]))
            let path = (test["proof"] as? [String] ?? []).map { Digest32(bytes($0)) }
            var isPrefix = false
            if older == newer {
                // Nothing is hashed to compare a tree with itself, so its root may have any length.
                isPrefix = older > 0 && path.isEmpty && bytes(test["root1"]) == bytes(test["root2"])
            } else if let first = digest(test["root1"]), let second = digest(test["root2"]), !path.contains(nil) {
                isPrefix = try MerkleVerification.isPrefix(
                    older: older, first, newer: newer, second, path: path.compactMap { $0 }, TreeHasher())
            }
            #expect(isPrefix == (test["wantErr"] as? Bool == false), "\(test["file"] ?? "")")
        }
    }

    @Test func rootsOfTheFirstEightTrees() throws {
        let vectors = try json("merkle/roots.json")
        let inputs = try #require(vectors["leafInputs"] as? [String]).map { Hex.decode($0) ?? [] }
        let hasher = try TreeHasher()
        let leaves = try inputs.map { try hasher.leaf($0) }
        #expect(leaves.map { Hex.encode($0.bytes) } == vectors["leafHashes"] as? [String])
        let roots = try #require(vectors["rootBySize"] as? [String])
        let tree = try MerkleTree(leaves: leaves, hasher)
        var range = CompactRange()
        for size in 0...8 {
            #expect(try Hex.encode(range.root(hasher).bytes) == roots[size])
            #expect(try Hex.encode(tree.root(size: size).bytes) == roots[size])
            if size < 8 { try range.append(leaf: leaves[size], hasher) }
        }
    }

    @Test func everyProofOfEverySmallTreeIsAccepted() throws {
        let hasher = try TreeHasher()
        let leaves = try (0..<40).map { try hasher.leaf([UInt8($0)]) }
        let tree = try MerkleTree(leaves: leaves, hasher)
        for size in 1...40 {
            let root = try tree.root(size: size)
            for index in 0..<size {
                let path = try tree.inclusionProof(index: index, size: size)
                func isIncluded(_ index: Int, _ size: Int) throws -> Bool {
                    try MerkleVerification.isIncluded(
                        leaf: leaves[index % 40], index: UInt64(index), size: UInt64(size), path: path, root: root,
                        hasher)
                }
                #expect(try isIncluded(index, size))
                #expect(try !isIncluded(index + 1, size))
            }
            for older in 1...size {
                let path = try tree.consistencyProof(older: older, newer: size)
                let isPrefix = try MerkleVerification.isPrefix(
                    older: UInt64(older), tree.root(size: older), newer: UInt64(size), root, path: path, hasher)
                #expect(isPrefix, "\(older) of \(size)")
            }
        }
    }

    @Test func tesserasLogHasItsCheckpoints() throws {
        let log = try json("tlog/tessera_testdata_log.json")
        let key = try VerifierKey(#require(log["vkey"] as? String))
        let entries = try #require(log["entries"] as? [String])
        let checkpoints = try #require(log["checkpoints"] as? [String])
        let hasher = try TreeHasher()
        var range = CompactRange()
        var tile: [UInt8] = []
        for (size, text) in checkpoints.enumerated() {
            let checkpoint = try Checkpoint(note: Array(text.utf8))
            #expect(checkpoint.isSigned(by: key))
            #expect(checkpoint.size == Int64(size))
            #expect(try checkpoint.root == range.root(hasher))
            guard size < entries.count else { break }
            let leaf = try hasher.leaf(Array(entries[size].utf8))
            tile += leaf.bytes
            try range.append(leaf: leaf, hasher)
        }
        #expect(checkpoints.count == 16)
        #expect(Hex.encode(tile) == log["leafTileHex"] as? String)
    }

    @Test func specificationExamplesParse() throws {
        let examples = try json("tlog/spec_examples.json")
        let one = try Checkpoint(note: Array(#require(examples["checkpoint"] as? String).utf8))
        #expect(one.size == 20_852_163)
        let two = try SignedNote(Array(#require(examples["cosignedCheckpoint"] as? String).utf8))
        #expect(two.signatures.count == 2)
    }

    @Test func checkpointTextsParseAsOthersParseThem() throws {
        let tests = try #require(try json("note/checkpoint_text.json")["tests"] as? [[String: Any]])
        for test in tests {
            let body = CheckpointBody(try #require(test["text"] as? String))
            #expect((body != nil) == (test["parses"] as? Bool), "\(test["name"] ?? "")")
        }
    }

    @Test func malformedProofsAreRefused() throws {
        let golden = try Golden()
        let good = String(decoding: try golden.bytes("outcome-6.tlog-proof"), as: UTF8.self)
        let checkpoint = String(decoding: try golden.bytes("checkpoint.15"), as: UTF8.self)
        let tests = try #require(try json("note/tlog_proof_malformed.json")["tests"] as? [[String: Any]])
        for test in tests {
            let text = try #require(test["proof"] as? String)
            // Also with a checkpoint that is one, so that only the named fault is left.
            for proof in [text, text.replacing("checkpoint\n", with: checkpoint)] {
                #expect(throws: LetheError.self, "\(test["name"] ?? "")") { try InclusionProof(Array(proof.utf8)) }
            }
        }
        _ = try InclusionProof(Array(good.utf8))
        _ = try InclusionProof(Array("c2sp.org/tlog-proof@v1\nindex 0\n\n\(checkpoint)".utf8))
    }
}

@Suite(.enabled(if: Paths.vectors != nil, "the vectors are not beside the checkout"))
struct NoteVectorTests {
    private struct Vectors: Decodable {
        let badVkeys: [[String]]
        let vkey: String
        let signing: [Signing]
        let tests: [Case]

        struct Signing: Decodable {
            let name: String
            let seedHex: String
            let text: String
            let note: String
        }
        struct Case: Decodable {
            let name: String
            let note: String?
            let noteBase64: String?
            let vkeys: [String]
            let result: String

            var bytes: [UInt8] {
                note.map { Array($0.utf8) } ?? noteBase64.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
            }
        }
    }

    private let vectors: Vectors

    init() throws {
        let file = try #require(Paths.vectors).appending(path: "note/signed_note.json")
        vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
    }

    @Test func signingGivesTheseBytes() throws {
        for test in vectors.signing {
            let key = try Ed25519.SigningKey(seed: SecretBytes(copying: #require(Hex.decode(test.seedHex))))
            let note = try SignedNote.sign(test.text, name: test.name, with: key)
            #expect(String(decoding: note, as: UTF8.self) == test.note)
        }
    }

    @Test func notesAreValidInvalidOrMalformed() throws {
        for test in vectors.tests {
            let keys = try test.vkeys.map { try VerifierKey($0) }
            guard let note = try? SignedNote(test.bytes) else {
                // Too many signatures: others call that invalid, here it does not parse.
                #expect(test.result == "malformed" || test.name == "101 signatures", "\(test.name)")
                continue
            }
            let verdicts = keys.map { note.verdict($0) }
            let isValid = verdicts.contains(.valid) && !verdicts.contains(.forged)
            #expect((isValid ? "valid" : "invalid") == test.result, "\(test.name)")
        }
    }

    @Test func badVerifierKeysAreRefused() throws {
        _ = try VerifierKey(vectors.vkey)
        let characters = Array(vectors.vkey)
        var bad = vectors.badVkeys.map { $0[0] }
        for start in characters.indices {
            for end in start..<characters.count where end - start + 1 < characters.count {
                bad.append(String(characters[start...end]))
            }
        }
        for index in characters.indices {
            var bytes = Array(vectors.vkey.utf8)
            bytes[index] += 1
            bad.append(String(decoding: bytes, as: UTF8.self))
        }
        for text in bad {
            #expect(throws: LetheError.self, "\(text)") { try VerifierKey(text) }
        }
    }
}
