import ArgumentParser
import Audit
import Domain

/// The log's public keys as whoever checks it has them, pinned side by side.
struct PinnedKeys: ParsableArguments {
    @Option(
        help: ArgumentHelp("The log's public key, which came out of band; another after a loss.", valueName: "vkey"))
    var vkey: [String] = []

    /// Throws `no-vkey` where none is given: nothing can be verified then.
    func keys() throws -> [VerifierKey] {
        guard !vkey.isEmpty else {
            throw LetheError(
                "no-vkey", .notVerified, "without --vkey nothing can be verified",
                hint: "pass the key that came with the log out of band: --vkey V")
        }
        return try all()
    }

    /// What is given, if only nothing.
    func all() throws -> [VerifierKey] { try vkey.map { try VerifierKey($0) } }
}
