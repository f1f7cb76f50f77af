/// The one error type: what happened, how the process ends, and what to do about it.
///
/// `message` is lower case, names the thing and carries no personal data: never a handle, a file name, a key or a URL
/// with a query. `hint` is the next thing to do or to type.
package struct LetheError: Error, Equatable, Sendable {
    /// Stable, machine-readable, `kebab-case`: the `code` of `--json` errors.
    package let code: String
    package let status: ExitStatus
    package let message: String
    package let hint: String?
    /// What is wrong with files, place by place, where that is what stopped the command.
    package let problems: [Diagnostic]

    package init(
        _ code: String, _ status: ExitStatus, _ message: String, hint: String? = nil, problems: [Diagnostic] = []
    ) {
        self.code = code
        self.status = status
        self.message = message
        self.hint = hint
        self.problems = problems
    }
}

extension LetheError {
    /// Message and hint in one, for warnings.
    package var sentence: String { message + (hint.map { ": \($0)" } ?? "") }
}

/// The exit codes of the command line, a contract: `docs/cli.md`.
package enum ExitStatus: Int32, Sendable {
    case done = 0
    /// Failed, or evidence of tampering.
    case failed = 1
    /// Halted, or something was not deleted.
    case incomplete = 2
    /// Could not be verified as asked.
    case notVerified = 3
    /// A limit, a hold, a missing approval, a stale plan, another account's key, a lease that is taken.
    case refused = 4
    case usage = 64
    /// An input file that cannot be opened or read.
    case unreadable = 66
    /// Bad configuration or policy.
    case configuration = 78
}
