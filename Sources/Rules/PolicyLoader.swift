package import Domain
package import Foundation

/// What the loader must know of the configuration to judge policies.
package struct LoadContext: Sendable {
    package var tiers: TierMap
    /// Lines that the account has; `nil` = not known, so none is called unknown.
    package var knownLines: Set<PhoneLine>?
    /// Names of storage that configuration offers for `archive`.
    package var archives: Set<String>
    /// `policy check`: a retain that outlives the vendor's own 24 h is an error there and a warning everywhere else.
    package var isCheck: Bool
    /// `--strict`: warnings are errors.
    package var isStrict: Bool

    package init(
        tiers: TierMap = TierMap(), knownLines: Set<PhoneLine>? = nil, archives: Set<String> = [],
        isCheck: Bool = false, isStrict: Bool = false
    ) {
        self.tiers = tiers
        self.knownLines = knownLines
        self.archives = archives
        self.isCheck = isCheck
        self.isStrict = isStrict
    }
}

/// A policy and the place of its `id`.
package struct LocatedPolicy: Sendable {
    package let policy: Policy
    package let file: String
    package let line: Int
    package let column: Int
    /// The line as it is written.
    package let sourceLine: String?
}

/// What a folder of policies came to.
package struct LoadedPolicies: Sendable {
    /// `nil` where anything is wrong: an unparsable policy stops every command that would act.
    package let set: PolicySet?
    /// All problems at once, in the order of files and lines.
    package let diagnostics: [Diagnostic]
    /// The files that were read, as diagnostics name them.
    package let files: [String]
    /// Where each policy stands, by id.
    package let places: [String: LocatedPolicy]

    /// The set, or an error that repeats the first diagnostic: exit 78.
    package func requireSet() throws(LetheError) -> PolicySet {
        if let set { return set }
        let errors = diagnostics.filter { $0.severity == .error }
        let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
        let first = errors.first.map { "\($0.file):\($0.line):\($0.column): \($0.message)" } ?? "no policies"
        throw LetheError("bad-policy", .configuration, first + more, hint: "lethe policy check")
    }
}

/// The one loader of every command: strict, and all problems at once.
package enum PolicyLoader {
    /// Reads `*.yaml` and `*.yml` of a folder, not of folders in it; `shownAs` is the folder's name in diagnostics.
    package static func load(
        directory: URL, shownAs name: String? = nil, context: LoadContext = LoadContext()
    ) -> LoadedPolicies {
        let shown = name ?? directory.lastPathComponent
        let listing: [String]
        do {
            listing = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        } catch {
            return failed(Diagnostic(file: shown, code: "unreadable", message: "the folder cannot be read"))
        }
        var files: [(name: String, bytes: [UInt8])] = []
        var unreadable: [Diagnostic] = []
        for entry in listing.sorted() where isPolicyFile(entry) {
            let label = "\(shown)/\(entry)"
            if let bytes = bytes(of: directory.appending(path: entry)) {
                files.append((label, bytes))
            } else {
                unreadable.append(Diagnostic(file: label, code: "unreadable", message: "the file cannot be read"))
            }
        }
        if files.isEmpty, unreadable.isEmpty {
            unreadable.append(
                Diagnostic(
                    file: shown, severity: context.isStrict ? .error : .warning, code: "no-policies",
                    message: "no policy file (*.yaml) in the folder: everything is kept"))
        }
        return load(files: files, context: context, also: unreadable)
    }

    /// Loads files that are in memory; names are shown as they are.
    package static func load(
        files: [(name: String, bytes: [UInt8])], context: LoadContext = LoadContext()
    ) -> LoadedPolicies {
        load(files: files, context: context, also: [])
    }

    private static func load(
        files: [(name: String, bytes: [UInt8])], context: LoadContext, also: [Diagnostic]
    ) -> LoadedPolicies {
        var diagnostics = also
        var located: [LocatedPolicy] = []
        for file in files.sorted(by: { $0.name < $1.name }) {
            let result = PolicyFile.read(file.bytes, file: file.name, archives: context.archives)
            diagnostics += result.diagnostics
            located += result.policies
        }
        diagnostics += duplicateIDs(located)
        // What is missing from the whole, or rivals within it, cannot be told while a part could not be read.
        let lint = PolicyLint(policies: located, context: context)
        diagnostics += diagnostics.hasErrors ? lint.ofEachPolicy : lint.ofEachPolicy + lint.ofTheWhole
        if context.isStrict { diagnostics = diagnostics.map(\.asError) }
        let set = diagnostics.hasErrors ? nil : PolicySet(located.map(\.policy))
        return LoadedPolicies(
            set: set, diagnostics: diagnostics.sorted(by: Diagnostic.isShownBefore), files: files.map(\.name).sorted(),
            places: Dictionary(located.map { ($0.policy.id, $0) }) { first, _ in first })
    }

    /// Reported at the later place: path, then line.
    private static func duplicateIDs(_ located: [LocatedPolicy]) -> [Diagnostic] {
        var first: [String: LocatedPolicy] = [:]
        var found: [Diagnostic] = []
        for place in located {
            guard let earlier = first[place.policy.id] else {
                first[place.policy.id] = place
                continue
            }
            found.append(
                Diagnostic(
                    file: place.file, line: place.line, column: place.column, code: "duplicate-id",
                    message: "id \"\(place.policy.id)\" is taken at \(earlier.file):\(earlier.line)",
                    sourceLine: place.sourceLine, suggestion: "ids are unique over all files: choose another"))
        }
        return found
    }

    static func isPolicyFile(_ name: String) -> Bool {
        let lower = name.lowercased()
        return !name.hasPrefix(".") && (lower.hasSuffix(".yaml") || lower.hasSuffix(".yml"))
    }

    /// At most one byte more than is allowed: the size is judged with everything else.
    static func bytes(of file: URL) -> [UInt8]? {
        guard let handle = try? FileHandle(forReadingFrom: file) else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: SourceText.largestFile + 1) else { return nil }
        return [UInt8](data)
    }

    private static func failed(_ problem: Diagnostic) -> LoadedPolicies {
        LoadedPolicies(set: nil, diagnostics: [problem], files: [], places: [:])
    }
}

extension Diagnostic {
    /// The same, as `--strict` takes it.
    fileprivate var asError: Diagnostic {
        var strict = self
        strict.severity = .error
        return strict
    }
}
