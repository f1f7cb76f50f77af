import Foundation

/// Where a path leads.
package enum RealPath {
    /// Every link followed, also where its end is not there yet.
    package static func of(_ path: String) -> String {
        var url = URL(filePath: path).standardizedFileURL
        var missing: [String] = []
        while url.path != "/" {
            // A link to a folder that is not there yet.
            url = URL(filePath: followed(url.path)).standardizedFileURL
            if let real = realpath(url.path, nil) {
                defer { free(real) }
                return ([String(cString: real)] + missing.reversed()).joined(separator: "/")
            }
            missing.append(url.lastPathComponent)
            url = url.deletingLastPathComponent()
        }
        return "/" + missing.reversed().joined(separator: "/")
    }

    /// Where a link leads, also one to a file that is not there yet.
    package static func followed(_ path: String) -> String {
        var path = URL(filePath: path).path
        for _ in 0..<40 {
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { break }
            let folder = URL(filePath: path).deletingLastPathComponent()
            path = target.hasPrefix("/") ? target : folder.appending(path: target).path
        }
        return path
    }
}

/// What a file or folder is, however it is called.
package struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let number: UInt64

    /// `nil` where there is none.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}
