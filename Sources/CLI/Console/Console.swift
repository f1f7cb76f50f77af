import Domain
import Foundation
import Reports
import Synchronization

/// The answer goes to stdout; progress and warnings go to stderr.
final class Console: Sendable {
    let isJSON: Bool
    let isQuiet: Bool
    let isVerbose: Bool
    /// stderr is a terminal that may be coloured and overwritten.
    let isInteractive: Bool
    let usesColor: Bool
    private let progress = Mutex<String?>(nil)
    private let reminders = Mutex<[String]>([])
    private let unsealed = Mutex(false)

    init(_ options: GlobalOptions) {
        isJSON = options.json
        isQuiet = options.quiet
        isVerbose = options.verbose
        let environment = ProcessInfo.processInfo.environment
        isInteractive = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
        usesColor =
            isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb" && !options.noColor
            && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// A remark that a person may want to see; not with `--quiet`.
    func note(_ text: String) {
        guard !isQuiet else { return }
        talk(text)
    }

    func detail(_ text: @autoclosure () -> String) {
        if isVerbose { talk(text()) }
    }

    /// Something that is wrong but does not stop the command; said even with `--quiet`.
    func warn(_ text: String) {
        talk("Warning: \(text)")
    }

    /// The command did its work, and the last seal of the log failed: no exit status of 0.
    func leaveUnsealed(_ text: String) {
        unsealed.withLock { $0 = true }
        warn(text)
    }

    func status(of reply: Reply) -> ExitStatus {
        reply.status == .done && unsealed.withLock { $0 } ? .incomplete : reply.status
    }

    /// A warning in words of its own that has been there for long, as those of policies: once a command, with its answer, and
    /// not with `--quiet`.
    /// Where there is no answer, the error is what matters.
    func remind(_ text: String) {
        guard !isQuiet else { return }
        reminders.withLock { if !$0.contains(text) { $0.append(text) } }
    }

    private func talk(_ text: String) {
        clearProgress()
        Self.write(text + "\n", to: STDERR_FILENO)
    }

    /// `false` = nobody has the answer, or not the whole of it, and that is said.
    func render(_ reply: Reply) -> Bool {
        clearProgress()
        for text in reminders.withLock({ $0 }) { talk(text) }
        if let body = reply.body { return render(body) }
        let text = isJSON ? reply.json.text : reply.text
        guard !text.isEmpty else { return true }
        return Self.answer(text + "\n")
    }

    private func render(_ body: (TextSink) throws(LetheError) -> Void) -> Bool {
        var isHeard = true
        do throws(LetheError) {
            try body { text throws(LetheError) in
                isHeard = Self.answer(text)
                guard isHeard else { throw LetheError("unheard", .failed, "the answer cannot be written") }
            }
            return true
        } catch {
            if isHeard { render(error) }
            return false
        }
    }

    func render(_ error: LetheError) {
        clearProgress()
        Self.write(error, asJSON: isJSON)
    }

    /// Every error that anybody sees comes by here.
    static func write(_ error: LetheError, asJSON: Bool) {
        let error = TypedWords.ofThisProcess.removed(from: error)
        if asJSON {
            write(JSONValue(error).text + "\n", to: STDOUT_FILENO)
            return
        }
        write("Error: \(error.message)\n", to: STDERR_FILENO)
        if let hint = error.hint { write("Try: \(hint)\n", to: STDERR_FILENO) }
    }

    /// To stdout. Where it cannot be written the error goes to stderr in words, whatever was asked for.
    static func answer(_ text: String) -> Bool {
        guard !write(text, to: STDOUT_FILENO) else { return true }
        let reason = String(cString: strerror(errno))
        write("Error: the answer cannot be written to standard output: \(reason)\n", to: STDERR_FILENO)
        write("Try: make room where it goes; what the command did is done\n", to: STDERR_FILENO)
        return false
    }

    /// Writes all of it or gives up. `false` = it could not, and `errno` says why; who closed the pipe does not want the rest.
    @discardableResult
    static func write(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                return errno == EPIPE
            }
            rest = rest.dropFirst(written)
        }
        return true
    }
}

extension Console {
    /// One line on stderr that is drawn over and over: `label  [=====>    ] 123/456`. Nothing unless a person watches.
    func progress(_ label: String, done: Int, of total: Int?) {
        guard isInteractive, !isQuiet, !isJSON else { return }
        let line: String
        if let total, total > 0 {
            let filled = min(30, done * 30 / total)
            let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: 30 - filled)
            line = "\(label) [\(bar)] \(done)/\(total)"
        } else {
            line = "\(label) \(done)"
        }
        progress.withLock { shown in
            guard shown != line else { return }
            shown = line
            Self.write("\r\u{1B}[K" + line, to: STDERR_FILENO)
        }
    }

    func clearProgress() {
        progress.withLock { shown in
            if shown != nil { Self.write("\r\u{1B}[K", to: STDERR_FILENO) }
            shown = nil
        }
    }

    enum Style: String {
        case bold = "1"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    func styled(_ text: String, _ style: Style) -> String {
        usesColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
