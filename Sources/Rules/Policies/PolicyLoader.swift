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
    let excerpt: SourceExcerpt?
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
        let first = errors.first.map { "\($0.place): \($0.message)" } ?? "no policies"
        throw LetheError("bad-policy", .configuration, first + more, hint: "lethe policy check")
    }
}

/// The one loader of every command: strict, and all problems at once.
package enum PolicyLoader {
    /// Reads `*.yaml` and `*.yml` of a folder, not of folders in it, which gives a warning; `shownAs` is the folder's name in diagnostics.
    package static func load(
        directory: URL, shownAs name: String? = nil, context: LoadContext = LoadContext()
    ) -> LoadedPolicies {
        let shown = name ?? directory.lastPathComponent
        guard let folder = PolicyFolder(directory, shownAs: shown) else {
            let problem = Diagnostic(
                file: shown, code: "unreadable", message: "the folder cannot be read",
                suggestion: "check the path and its permissions")
            return LoadedPolicies(set: nil, diagnostics: [problem], files: [], places: [:])
        }
        var problems = folder.problems
        if folder.files.isEmpty, problems.isEmpty {
            problems.append(
                Diagnostic(
                    file: shown, severity: .warning, code: "no-policies",
                    message: "no policy file (*.yaml) in the folder: everything is kept",
                    suggestion: "write one; the language is in docs/policies.md"))
        }
        problems += PolicyFolder.notLoaded(directory, shownAs: shown)
        return load(files: folder.files, context: context, also: problems)
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
        var found: [String: ProblemList] = [:]
        var located: [LocatedPolicy] = []
        let files = files.sorted { $0.name < $1.name }
        for file in files {
            let result = PolicyFile.read(file.bytes, file: file.name, archives: context.archives)
            found[file.name] = result.problems
            located += result.policies
        }
        func add(_ problems: [Diagnostic]) {
            for problem in problems {
                found[problem.file, default: ProblemList(file: problem.file)].add(problem)
            }
        }
        add(also + duplicateIDs(located))
        // What is missing from the whole, or rivals within it, cannot be told while a part could not be read.
        let isReadable = !found.values.contains { $0.hasErrors }
        let lint = PolicyLint(policies: located, files: files.map(\.name), context: context)
        add(lint.ofEachPolicy)
        if isReadable { add(lint.ofTheWhole) }
        var diagnostics = found.values.flatMap(\.diagnostics).sorted(by: Diagnostic.isShownBefore)
        if context.isStrict { diagnostics = diagnostics.map(\.asError) }
        let set = diagnostics.hasErrors ? nil : PolicySet(located.map(\.policy))
        return LoadedPolicies(
            set: set, diagnostics: diagnostics, files: files.map(\.name),
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
                    excerpt: place.excerpt, suggestion: "ids are unique over all files: choose another"))
        }
        return found
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
