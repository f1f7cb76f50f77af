import Cryptography
package import Domain
import Foundation

extension AuditLog {
    /// Makes a new log: `lethe init` and `lethe audit init`, and nothing else, do this. Everything is built beside its
    /// place, sealed, and renamed; the root key is in the answer and nowhere else.
    ///
    /// `name` is the first part of every origin of this log, `tool` the name and version of this program.
    package static func create(
        _ location: Location, name: String, tool: String, time: any TimeSource, rootKey: RootKey? = nil
    ) throws(LetheError) -> Created {
        try SelfTest.run()
        let name = try LogOrigin.checkedName(name)
        let keys = location.directory
        try DurableFile.makeDirectory(keys.url, mode: 0o700)
        try keys.checkPermissions()
        guard !DurableFile.exists(location.database), !keys.hasState, !DurableFile.exists(keys.signFile) else {
            throw LetheError(
                "log-exists", .refused,
                "there is an audit log at \(location.database.path) or a key of one in \(keys.url.path)",
                hint:
                    "a log is never begun anew over another; to go on after a loss: lethe audit rollover --reason TEXT")
        }
        let rootKey = try RootKey.given(rootKey)
        let signingKey = try Ed25519.SigningKey.generate()
        let seed = try SegmentSeed(name: name, rootKey: rootKey, signingKey: signingKey, tool: tool)
        let staging = KeyDirectory(url: keys.url.appending(path: "init.tmp"))
        let database = location.database.appendingPathExtension("new")
        try seed.build(database: database, keys: staging, after: nil, Fold(), now: time.now())
        try DurableFile.write(signingKey.pkcs8, to: keys.signFile)
        try DurableFile.move(database, to: location.database)
        try staging.moveFiles(to: keys)
        if let head = try keys.head() { _ = location.anchors.write(head) }
        return Created(origin: seed.origin, vkey: try seed.vkey(), kid: seed.kid, rootKey: rootKey, lost: 0)
    }

    /// Throws `invalid-audit-name`.
    package static func checkName(_ name: String) throws(LetheError) { _ = try LogOrigin.checkedName(name) }

    /// Takes away what `create` made or began to make and nothing beside it, where nobody has used it: whoever makes more than
    /// the log failed later, or was cut short.
    package static func takeAway(_ location: Location) {
        let keys = location.directory
        KeyDirectory(url: keys.url.appending(path: "init.tmp")).discard()
        keys.discard(keepingSeed: true)
        for file in keys.files { unlink(DurableFile.temporary(file).path) }
        for end in ["", "-journal", ".new", ".new-journal"] { unlink(location.database.path + end) }
        // Only if nothing else is in it.
        rmdir(keys.url.path)
    }
}
