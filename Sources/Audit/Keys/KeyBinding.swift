package import Domain
package import Foundation

/// What the keys of a directory are for, in its file `binding`, where nobody who has only the workspace can write:
///
///     {"partner":"…","keys":"…","log":"…","segments":"…","inventory":"…"}
///
/// Paths are real ones, every link followed. Where the keys lie in the workspace they are relative to it: who moves it moves both.
package struct KeyBinding: Equatable, Sendable {
    private static let places = ["keys", "log", "segments", "inventory"]

    let file: URL
    package let partner: String
    /// By name, in no order.
    private let paths: [String: String]
    /// The workspace, to which relative paths are relative.
    private let folder: String

    /// As the configuration has it.
    package init(_ location: AuditLog.Location, inventory: URL, partner: String) {
        file = location.directory.bindingFile
        self.partner = partner
        let urls = [location.keys, location.database, location.segments, inventory]
        let real = Dictionary(uniqueKeysWithValues: zip(Self.places, urls.map { RealPath.of($0.path) }))
        let folder = RealPath.of(location.database.deletingLastPathComponent().path)
        let areKeysInside = real["keys"]?.hasPrefix(folder + "/") == true
        paths = real.mapValues { path in
            guard areKeysInside, path.hasPrefix(folder + "/") else { return path }
            return String(path.dropFirst(folder.count + 1))
        }
        self.folder = folder
    }

    /// Throws where the keys are bound otherwise. `false` = they are bound to nothing yet.
    @discardableResult
    package func check(partnerOnly: Bool = false) throws(LetheError) -> Bool {
        guard let bytes = try DurableFile.read(file) else { return false }
        guard let bound = try? JSONDecoder().decode([String: String].self, from: Data(bytes)),
            let partner = bound["partner"]
        else {
            throw LetheError(
                "invalid-key", .configuration, "\(file.path) does not say what the keys are for",
                hint: "put it back from where the keys are kept")
        }
        guard partner == self.partner else {
            throw LetheError(
                "keys-of-another-partner", .refused,
                "the keys in \(file.deletingLastPathComponent().standardizedFileURL.path) are bound to partner \(partner), and lethe.yaml names "
                    + self.partner,
                hint:
                    "put partner_id: \(partner) back into lethe.yaml; another partner has a workspace and keys of its own"
            )
        }
        guard !partnerOnly else { return true }
        for place in Self.places {
            guard let path = paths[place], path != bound[place], !isSame(path, bound[place] ?? "") else { continue }
            throw LetheError(
                "keys-of-another-place", .refused,
                "the keys in \(file.deletingLastPathComponent().standardizedFileURL.path) are bound to \(Self.shown[place] ?? place) "
                    + "at \(full(bound[place] ?? "")), and this workspace has it at \(full(path))",
                hint: "put it back there, or lethe.yaml as it was; if you moved it yourself: "
                    + "lethe audit rebind --as NAME --reason TEXT")
        }
        return true
    }

    /// The names that people know the places by.
    private static let shown = [
        "keys": "the key directory", "log": "audit.db", "segments": "the folder audit", "inventory": "inventory.db",
    ]

    /// One folder under two names, as a mount gives it; the bound name may have become a link to anywhere since.
    private func isSame(_ path: String, _ bound: String) -> Bool {
        let (path, bound) = (full(path), full(bound))
        guard path != bound else { return true }
        guard path != "/", RealPath.of(bound) == bound else { return false }
        if let there = FileIdentity(path) { return there == FileIdentity(bound) }
        let (url, other) = (URL(filePath: path), URL(filePath: bound))
        return url.lastPathComponent == other.lastPathComponent && FileIdentity(bound) == nil
            && isSame(url.deletingLastPathComponent().path, other.deletingLastPathComponent().path)
    }

    private func full(_ path: String) -> String {
        path.hasPrefix("/") ? path : folder + "/" + path
    }

    /// From now on they are for this and nothing else.
    package func write() throws(LetheError) {
        var json = AsciiJSON()
        json.begin()
        json.field("partner", partner)
        json.field("keys", paths["keys"])
        json.field("log", paths["log"])
        json.field("segments", paths["segments"])
        json.field("inventory", paths["inventory"])
        json.endLine()
        try DurableFile.write(json.bytes, to: file)
    }
}
