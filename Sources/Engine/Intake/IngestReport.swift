package import Domain

/// The answer of `lethe ingest`. `read` is the sum of the next four.
package struct IngestReport: Sendable, Equatable {
    package struct Rejection: Sendable, Equatable {
        /// Which of the files, from 0.
        package let file: Int
        /// Where the delivery begins in its file; the first line is 1.
        package let line: Int
        package let code: String
        package let message: String
    }

    package var read = 0
    package var accepted = 0
    package var duplicates = 0
    /// Events that name no attachment, chat or member.
    package var ignored = 0
    package var rejected = 0
    package var attachmentsNew = 0
    package var attachmentsSeen = 0
    /// Attachments that were deleted and stay so.
    package var suppressed = 0
    /// Messages whose parts the vendor never stored.
    package var zeroRetention = 0
    package var unknownParts = 0
    /// Parts that name a file in a way that cannot be read; the rest of their deliveries was taken.
    package var unreadableParts = 0
    /// Messages with a file and a time that is not believed.
    package var doubtfulTimes = 0
    /// Parts that claim a size which the vendor does not store: it is unknown.
    package var doubtfulSizes = 0
    /// The first thousand; `rejected` counts all.
    package var rejections: [Rejection] = []
    /// Completed requests that are open again: their person had an attachment that nobody knew of.
    package var reopened: [RequestID] = []

    /// 2 if something was rejected.
    package var status: ExitStatus { rejected > 0 ? .incomplete : .done }

    /// The file that is being read.
    var file = 0

    mutating func reject(line: Int, _ code: String, _ message: String) {
        rejected += 1
        if rejections.count < 1000 {
            rejections.append(Rejection(file: file, line: line, code: code, message: message))
        }
    }
}
