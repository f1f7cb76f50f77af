package import Foundation

/// Where tests find what they read.
package enum Paths {
    /// The folder of `Package.swift`.
    package static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Our own fixtures of the vendor's wire format: `Tests/Fixtures/linq`.
    package static let linq = package.appending(path: "Tests/Fixtures/linq")

    /// Third-party vectors, never part of the repository: beside the checkout, or where `LETHE_VECTORS` says. A test that
    /// needs them is skipped, and says so, where they are not.
    package static let vectors: URL? = {
        let named = ProcessInfo.processInfo.environment["LETHE_VECTORS"].map { URL(filePath: $0) }
        let folder = named ?? package.deletingLastPathComponent().appending(path: "shared/vectors")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()
}
