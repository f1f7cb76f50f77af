import Foundation
import TestSupport
import Testing

/// A workspace made by `lethe init` in a folder of its own, pointed at a simulated vendor.
final class SampleWorkspace: Sendable {
    static let partner = "34296a83-d4a8-442a-a7f8-c874e6b9197d"
    static let secret = "whsec_bGV0aGUtZml4dHVyZXMtbm90LWEtcmVhbC1zZWNyZXQ="

    let folder: TemporaryDirectory
    let directory: URL
    let lethe: LetheProcess
    let vkey: String

    /// `place`: the folder that the workspace is made in, else a temporary one. `keys`: the key directory, as `lethe.yaml` has it.
    init(
        vendor: SimulatedVendor? = nil, key: String = "sim-key", in place: URL? = nil,
        keys: String = SampleWorkspace.keys
    ) async throws {
        folder = try TemporaryDirectory()
        directory = (place ?? folder.url).appending(path: "workspace")
        lethe = Self.process(in: folder, directory, vendor, key)
        let made = try await lethe(
            "init", directory.path, "--partner", Self.partner, "--keys", keys, "--root-key-out",
            folder.file("root.key").path, "--json")
        try #require(made.status == 0, "\(made.output)\(made.errors)")
        vkey = made.json?["vkey"] as? String ?? ""
    }

    /// All that `other` has in its folder, on its own, pointed at another vendor.
    init(copyOf other: SampleWorkspace, vendor: SimulatedVendor) throws {
        folder = try TemporaryDirectory(inMemory: true)
        directory = folder.file("workspace")
        vkey = other.vkey
        lethe = Self.process(in: folder, directory, vendor, "sim-key")
        let copied = try Shell.run("cp -a '\(other.folder.url.path)/.' .", in: folder.url)
        try #require(copied.status == 0, "\(copied.text)")
        // As if this were the place that it was made in.
        let binding = folder.file("keys/binding")
        guard let text = try? String(contentsOf: binding, encoding: .utf8) else { return }
        try text.replacing(other.folder.url.path, with: folder.url.path).write(
            to: binding, atomically: false, encoding: .utf8)
    }

    private static func process(
        in folder: TemporaryDirectory, _ directory: URL, _ vendor: SimulatedVendor?, _ key: String
    ) -> LetheProcess {
        var environment = [
            "LETHE_WORKSPACE": directory.path, "LINQ_WEBHOOK_SECRET": Self.secret, "LINQ_API_V3_API_KEY": key,
        ]
        environment["LINQ_API_V3_BASE_URL"] = vendor?.baseURL
        return LetheProcess(in: folder.url, environment: environment)
    }

    func write(_ text: String, to path: String) throws {
        let url = directory.appending(path: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: url, atomically: true, encoding: .utf8)
    }

    /// Replaces a piece of `lethe.yaml`.
    func configure(_ old: String, _ new: String) throws {
        let url = directory.appending(path: "lethe.yaml")
        let text = try String(contentsOf: url, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacing(old, with: new).write(to: url, atomically: true, encoding: .utf8)
    }

    /// Every file of the workspace whose bytes contain `text`.
    func files(containing text: String) throws -> [String] {
        let paths = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { path in
            guard let data = try? Data(contentsOf: directory.appending(path: path)) else { return false }
            return data.range(of: Data(text.utf8)) != nil
        }
    }
}
