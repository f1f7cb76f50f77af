package import Domain

/// One fault to play, as `lethe simulate --fault` takes it.
///
/// ```
/// [SCOPE.]KIND:SHARE[:ARGUMENT]     SCOPE = delete (default) | get | post | put | all
/// latency:DURATION                  for every request of the scope
///
/// before any effect                          after the effect
///   500 503 504   the vendor's JSON error      lost   the connection closes without an answer
///   502html 404html 404text 404json  a gateway's  cut    the answer stops inside its headers
///   429[:SECONDS] with Retry-After (1)         500late  an error although it took effect
///   reset         a TCP reset
///   hang[:DURATION]  nothing for 60 s, then closed
/// ```
///
/// `500:0.2`, `429:0.1:2`, `get.503:0.05`, `all.latency:20ms`. Faults apply to API calls with a valid key. Which of
/// them a request meets is decided by the seed, the method, the path and how often that path was asked before, so a run
/// with the same seed meets the same faults in whatever order its requests arrive.
package struct FaultSpec: Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, CaseIterable, Sendable {
        case error500 = "500"
        case error503 = "503"
        case error504 = "504"
        case html502 = "502html"
        case html404 = "404html"
        case text404 = "404text"
        case json404 = "404json"
        case throttled = "429"
        case reset
        case hang
        case lost
        case cut
        case late500 = "500late"
        case latency
    }

    package enum Scope: String, CaseIterable, Sendable {
        case delete, get, post, put, all
    }

    package var kind: Kind
    package var scope: Scope
    /// 0…1; 1 for latency.
    package var share: Double
    /// Of latency, hang (microseconds) and 429 (Retry-After).
    package var time: Int64
    /// As it was written.
    package let description: String

    /// - Throws: `usage` with what is wrong and the words that are accepted.
    package init(_ text: String) throws(LetheError) {
        let pieces = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var name = pieces.first ?? ""
        var scope = Scope.delete
        if let dot = name.firstIndex(of: ".") {
            let given = String(name[..<dot])
            guard let known = Scope(rawValue: given) else {
                throw Self.invalid(text, "unknown scope \"\(given)\"", Scope.allCases.map(\.rawValue))
            }
            scope = known
            name = String(name[name.index(after: dot)...])
        }
        guard let kind = Kind(rawValue: name) else {
            throw Self.invalid(text, "unknown fault \"\(name)\"", Kind.allCases.map(\.rawValue))
        }
        (share, time) = try Self.values(kind, Array(pieces.dropFirst()), of: text)
        self.kind = kind
        self.scope = scope
        description = text
    }

    private static func values(
        _ kind: Kind, _ arguments: [String], of text: String
    ) throws(LetheError) -> (share: Double, time: Int64) {
        if kind == .latency {
            guard arguments.count == 1, let time = duration(arguments[0]) else {
                throw invalid(text, "latency takes one duration", ["latency:200ms", "latency:1s"])
            }
            return (1, time)
        }
        guard let share = arguments.first.flatMap(Double.init), (0...1).contains(share) else {
            throw invalid(text, "the share is not a number from 0 to 1", ["\(kind.rawValue):0.1"])
        }
        let rest = arguments.dropFirst()
        switch kind {
        case .throttled where rest.count <= 1:
            guard let seconds = rest.first.map(Int64.init) ?? 1, (0...86_400).contains(seconds) else {
                throw invalid(text, "Retry-After is not a whole number of seconds", ["429:0.1:2"])
            }
            return (share, seconds * 1_000_000)
        case .hang where rest.count <= 1:
            guard let time = rest.first.map(duration) ?? 60_000_000 else {
                throw invalid(text, "not a duration", ["hang:0.01:30s"])
            }
            return (share, time)
        default:
            guard rest.isEmpty else { throw invalid(text, "too much after the share", ["\(kind.rawValue):\(share)"]) }
            return (share, 0)
        }
    }

    private static func duration(_ text: String) -> Int64? {
        SimulatedDuration.microseconds(text).flatMap { $0 < 0 ? nil : $0 }
    }

    private static func invalid(_ text: String, _ what: String, _ accepted: [String]) -> LetheError {
        LetheError(
            "invalid-fault", .usage, "fault \"\(text)\": \(what)",
            hint: "accepted: " + accepted.joined(separator: ", "))
    }

    func applies(to method: String) -> Bool {
        scope == .all || scope.rawValue == method.lowercased()
    }
}
