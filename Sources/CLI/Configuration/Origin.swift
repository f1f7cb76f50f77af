/// Where a value came from, strongest first.
enum Origin: Sendable, Equatable, CustomStringConvertible {
    case flag(String)
    case environment(String)
    /// A line of `lethe.yaml`.
    case file(line: Int)
    case standard

    var description: String {
        switch self {
        case .flag(let name): name
        case .environment(let name): name
        case .file(let line): "lethe.yaml:\(line)"
        case .standard: "default"
        }
    }
}
