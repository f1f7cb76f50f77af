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
        package var isMissing = false
    }

    /// Copies `checkpoint` to each directory that has not got it. A checkpoint of the same size that says something else stays:
    /// it may be all that speaks against a rewritten log.
    func write(_ checkpoint: Checkpoint) -> [Status] {
        directories.map { directory in
            let file = directory.appending(path: checkpoint.anchorName)
            do throws(LetheError) {
                // Not made here: an empty mount point must not pass for the volume.
                if DurableFile.exists(directory) {
                    let kept = try DurableFile.read(file)
                    let other = kept.flatMap { try? Checkpoint(note: $0) }
                    if kept != checkpoint.note, other?.origin == checkpoint.origin, other?.size == checkpoint.size {
                        throw LetheError(
                            "anchor-differs", .failed, "\(checkpoint.anchorName) is another checkpoint of this size")
                    }
                    if kept != checkpoint.note { try DurableFile.write(checkpoint.note, to: file, mode: 0o644) }
                }
            } catch {
                return Status(
                    directory: directory, newest: newest(in: directory, checkpoint.origin), problem: error.message)
            }
            return status(of: checkpoint.origin, in: directory)
        }
    }

    /// Leaves word with each directory that the segment `origin` has one after it, whose checkpoint this is: an old segment
    /// that is put back can then be told from one that goes on. Where a volume is missing it is done at a later start.
    func noteSuccessor(of origin: String, _ checkpoint: Checkpoint) {
        for file in successorFiles(of: origin) where !DurableFile.exists(file) {
            try? DurableFile.write(checkpoint.note, to: file, mode: 0o644)
        }
    }

    /// Checkpoints of segments after `origin`, as far as they can be read.
    func successors(of origin: String) -> [(file: URL, checkpoint: Checkpoint)] {
        successorFiles(of: origin).compactMap { file in
            let note = try? DurableFile.read(file)
            return note.flatMap { try? Checkpoint(note: $0) }.map { (file, $0) }
        }
    }

    /// `<16 hex>.next.note`.
    private func successorFiles(of origin: String) -> [URL] {
        directories.filter(DurableFile.exists).map { $0.appending(path: "\(LogOrigin.suffix(origin)).next.note") }
    }

    /// Every note of `origin` in any of the directories, oldest first; files of other logs are passed over.
    package func notes(of origin: String) -> [URL] {
        directories.flatMap { Self.notes(in: $0, origin) }.sorted { $0.size < $1.size }.map(\.file)
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
    package func status(of origin: String) -> [Status] { directories.map { status(of: origin, in: $0) } }

    private func status(of origin: String, in directory: URL) -> Status {
        guard DurableFile.exists(directory) else {
            return Status(
                directory: directory, newest: nil, problem: "the directory does not exist", isMissing: true)
        }
        let newest = newest(in: directory, origin)
        let last = Self.notes(in: directory, origin).last
        let strange = last.flatMap { $0.size == newest ? nil : "\($0.file.lastPathComponent) is not a checkpoint" }
        return Status(directory: directory, newest: newest, problem: strange)
    }

    /// The largest size of a note that is what its name says.
    private func newest(in directory: URL, _ origin: String) -> Int64? {
        Self.notes(in: directory, origin).last { size, file in
            let checkpoint = (try? DurableFile.read(file)).flatMap { try? Checkpoint(note: $0) }
            return checkpoint?.origin == origin && checkpoint?.size == size
        }?.size
    }

    /// By their names, the smallest size first.
    private static func notes(in directory: URL, _ origin: String) -> [(size: Int64, file: URL)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return names.compactMap { name -> (size: Int64, file: URL)? in
            let parts = name.split(separator: ".")
            guard parts.count == 3, parts[0] == LogOrigin.suffix(origin), parts[2] == "note" else { return nil }
            return Int64(parts[1]).map { ($0, directory.appending(path: name)) }
        }.sorted { $0.size < $1.size }
    }
}
