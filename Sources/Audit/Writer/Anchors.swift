import Domain
package import Foundation

/// Directories on other volumes or hosts that are given a copy of every checkpoint.
package struct Anchors: Sendable {
    package let directories: [URL]

    package init(_ directories: [URL]) {
        self.directories = directories
    }

    /// The state of one anchor directory; a missing volume is a warning and never a stop.
    package struct Status: Sendable, Equatable {
        package let directory: URL
        /// Size of its newest checkpoint of the log; `nil` if it has none.
        package let newest: Int64?
        /// Why it could not be written or read.
        package let problem: String?
    }

    /// Copies `checkpoint` to each directory that has none as new.
    func write(_ checkpoint: Checkpoint) -> [Status] {
        directories.map { directory in
            let newest = Self.sizes(in: directory, origin: checkpoint.origin).max()
            if let newest, newest >= checkpoint.size {
                return Status(directory: directory, newest: newest, problem: nil)
            }
            do throws(LetheError) {
                // Not made here: an empty mount point must not pass for the volume.
                guard DurableFile.exists(directory) else {
                    return Status(directory: directory, newest: nil, problem: "the directory does not exist")
                }
                try DurableFile.write(
                    checkpoint.note, to: directory.appending(path: checkpoint.anchorName), mode: 0o644)
                return Status(directory: directory, newest: checkpoint.size, problem: nil)
            } catch {
                return Status(directory: directory, newest: newest, problem: error.message)
            }
        }
    }

    /// Every note of `origin` in any of the directories, oldest first; files of other logs are passed over.
    package func notes(of origin: String) -> [URL] {
        var found: [(size: Int64, url: URL)] = []
        for directory in directories {
            for size in Self.sizes(in: directory, origin: origin) {
                found.append((size, directory.appending(path: "\(LogOrigin.suffix(origin)).\(size).note")))
            }
        }
        return found.sorted { $0.size < $1.size }.map(\.url)
    }

    /// The checkpoints of `origin` in any of the directories that can be read, oldest first, each once.
    package func checkpoints(of origin: String) -> [(file: URL, checkpoint: Checkpoint)] {
        var found: [(file: URL, checkpoint: Checkpoint)] = []
        for file in notes(of: origin) {
            guard let note = try? DurableFile.read(file), let checkpoint = try? Checkpoint(note: note),
                checkpoint.origin == origin, checkpoint != found.last?.checkpoint
            else { continue }
            found.append((file, checkpoint))
        }
        return found
    }

    /// What there is of `origin` now.
    package func status(of origin: String) -> [Status] {
        directories.map { directory in
            let isThere = DurableFile.exists(directory)
            return Status(
                directory: directory, newest: Self.sizes(in: directory, origin: origin).max(),
                problem: isThere ? nil : "the directory does not exist")
        }
    }

    private static func sizes(in directory: URL, origin: String) -> [Int64] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return names.compactMap { name in
            let parts = name.split(separator: ".")
            guard parts.count == 3, parts[0] == LogOrigin.suffix(origin), parts[2] == "note" else { return nil }
            return Int64(parts[1])
        }
    }
}
