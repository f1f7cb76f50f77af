import ArgumentParser
import Domain
import Foundation

/// Parses, performs, renders, exits: the one place that turns an error into words and a status.
@main
enum Main {
    static func main() async {
        // `lethe … | head` must end quietly instead of dying by a signal in the middle of a commit.
        signal(SIGPIPE, SIG_IGN)
        keepMemoryToItself()
        keepStandardFiles()
        let arguments = GlobalOptions.hoisted(Array(CommandLine.arguments.dropFirst()))
        let wantsJSON = arguments.prefix { $0 != "--" }.contains("--json")
        do {
            let command = try Lethe.parseAsRoot(arguments)
            if let command = command as? any LetheCommand {
                exit(await perform(command).rawValue)
            }
            var other = command
            try other.run()
            exit(ExitStatus.done.rawValue)
        } catch {
            exit(report(parsing: error, of: arguments, wantsJSON: wantsJSON))
        }
    }

    /// A core would hold the API key, the keys of the log and the handles of whoever was worked on. One byte is less than any
    /// core, and unlike zero it also keeps Linux from piping one to a collector (`fs/coredump.c` takes this limit for a mark).
    /// Beside a toolchain, Swift's backtracer would print what the registers point to: only if it was asked for.
    private static func keepMemoryToItself() {
        var limit = rlimit(rlim_cur: 1, rlim_max: 1)
        #if canImport(Glibc)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        #else
            setrlimit(RLIMIT_CORE, &limit)
        #endif
        guard getenv("SWIFT_BACKTRACE") == nil else { return }
        for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] {
            var action = sigaction()
            // What the caller has us ignore stays ignored.
            guard sigaction(number, nil, &action) == 0, action.sa_flags & SA_SIGINFO != 0 else { continue }
            signal(number, SIG_DFL)
        }
    }

    /// Where one of the three is closed, the next file that is opened would take its place: a database that is read as a list
    /// of handles, or written to as if it were a terminal. A folder stands in for the input: it cannot be read.
    private static func keepStandardFiles() {
        for file in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(file, F_GETFD) == -1 {
            _ = file == STDIN_FILENO ? open("/", O_RDONLY) : open("/dev/null", O_WRONLY)
        }
    }

    private static func perform(_ command: any LetheCommand) async -> ExitStatus {
        let console = Console(command.global)
        do {
            let reply = try await command.perform(console)
            let isTold = console.render(reply)
            let status = console.status(of: reply)
            return status == .done && !isTold ? .failed : status
        } catch let error as LetheError {
            console.render(error)
            return error.status
        } catch {
            // Only errors of the libraries below come here; their texts may quote paths, never handles or keys.
            let error = LetheError("unexpected", .failed, "\(type(of: error)): \(error)")
            console.render(error)
            return error.status
        }
    }

    /// Help and version requests are answers; everything else is a usage error, in words or in JSON.
    private static func report(parsing error: any Error, of arguments: [String], wantsJSON: Bool) -> Int32 {
        let status = Lethe.exitCode(for: error)
        if status.isSuccess {
            let isTold = Console.answer(HelpText.wrapped(Lethe.fullMessage(for: error)) + "\n")
            return (isTold ? ExitStatus.done : .failed).rawValue
        }
        Console.write(usage(error, of: arguments), asJSON: wantsJSON)
        return ExitStatus.usage.rawValue
    }

    private static func usage(_ error: any Error, of arguments: [String]) -> LetheError {
        if GlobalOptions.isAll(of: arguments) {
            return LetheError("usage", .usage, "no command was given", hint: "lethe --help")
        }
        if let unknown = UnknownCommand.find(in: arguments) {
            return LetheError(
                "usage", .usage, unknown.message, hint: "\(unknown.parent.joined(separator: " ")) --help")
        }
        let lines = Lethe.fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: true)
        let message = lines.first.map { $0.hasPrefix("Error: ") ? String($0.dropFirst(7)) : String($0) } ?? "usage"
        let usage = lines.first { $0.hasPrefix("Usage: ") }.map { String($0.dropFirst(7)) }
        let name = usage.map { text in
            text.split(separator: " ").prefix { $0.first?.isLowercase == true }.joined(separator: " ")
        }
        return LetheError("usage", .usage, message, hint: "\(name ?? "lethe") --help")
    }
}
