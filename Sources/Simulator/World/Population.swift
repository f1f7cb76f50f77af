package import Domain

/// A made-up account: who wrote what to whom, for demos, tests and benchmarks. The same seed gives the same people,
/// files and ids.
package struct Population: Sendable {
    /// Lines that `addLine` has added; messages are spread over them evenly.
    package var lines: [PhoneLine]
    package var attachments: Int
    /// Messages are spread evenly over this time.
    package var from: Timestamp
    package var to: Timestamp
    package var seed: UInt64
    /// Data subjects; each writes on one or two lines.
    package var people: Int

    /// - Parameter people: by default one for every twelve attachments.
    package init(
        lines: [PhoneLine], attachments: Int, from: Timestamp, to: Timestamp, seed: UInt64 = 1, people: Int? = nil
    ) {
        self.lines = lines
        self.attachments = attachments
        self.from = from
        self.to = to
        self.seed = seed
        self.people = max(1, people ?? attachments / 12)
    }

    /// The handle of the n-th person: numbers of the fictitious 555-01xx ranges, every tenth a mail address.
    package static func handle(of person: Int) -> String {
        if person % 10 == 9 { return "person\(person)@example.com" }
        let area = 200 + person / 100 % 800
        let round = person / 80_000
        let last = String(person % 100 + 100).dropFirst()
        return round == 0 ? "+1\(area)55501\(last)" : "+1\(area)55501\(last)\(round)"
    }

    /// What people send: MIME type, extension, size in bytes from and to.
    static let kinds: [(mime: String, suffix: String, sizes: ClosedRange<Int64>)] = [
        ("image/heic", "heic", 900_000...4_200_000), ("image/jpeg", "jpg", 150_000...3_500_000),
        ("image/png", "png", 40_000...1_800_000), ("application/pdf", "pdf", 60_000...2_400_000),
        ("video/quicktime", "mov", 2_000_000...24_000_000), ("audio/x-m4a", "m4a", 30_000...600_000),
        ("text/vcard", "vcf", 400...6_000),
    ]
}

extension SimulatedAccount {
    /// Makes the chats, messages and files of a population and queues their webhooks.
    ///
    /// About every third message is ours, every eighth chat is a group, every sixth message carries two files. On a
    /// zero-retention line no files come to be, so the count is reached only if another line is there.
    /// - Returns: the ids made, in the order of their messages.
    @discardableResult
    package func populate(_ population: Population) throws(LetheError) -> [AttachmentID] {
        try write { (world) throws(LetheError) in
            var lines: [Int] = []
            for line in population.lines {
                guard let index = world.lineIndex[line.number] else {
                    throw LetheError("simulator-unknown", .usage, "the simulated account has no such line")
                }
                lines.append(index)
            }
            guard lines.contains(where: { world.lines[$0].regime != .zeroRetention }) else {
                throw LetheError("simulator-unknown", .usage, "a population needs a line that keeps attachments")
            }
            return world.populate(population, lines: lines)
        }
    }
}

extension World {
    fileprivate mutating func populate(_ population: Population, lines: [Int]) -> [AttachmentID] {
        var random = SimulatedRandom(seed: population.seed)
        let chats = lines.map { makeChats(population, line: $0, lineCount: lines.count, &random) }
        var made: [AttachmentID] = []
        made.reserveCapacity(population.attachments)
        files.reserveCapacity(files.count + population.attachments)
        let span = max(0, population.to.microseconds - population.from.microseconds)
        var round = 0
        while made.count < population.attachments {
            let share = Double(made.count) / Double(population.attachments)
            let time = population.from.adding(microseconds: Int64(Double(span) * share))
            let place = round % lines.count
            round += 1
            guard let chat = chats[place].randomElement(using: &random) else { continue }
            let isOurs = random.next() % 3 == 0
            let sender = isOurs ? nil : Int(random.next() % UInt64(self.chats[chat].members.count))
            let wanted = min(random.next() % 6 == 0 ? 2 : 1, population.attachments - made.count)
            let files = (0..<wanted).map { Self.makeFile(number: made.count + $0, &random) }
            let text = random.next() % 2 == 0 ? "Here it is." : nil
            made += addMessage(chat: chat, sender: sender, at: time, text: text, files: files)
        }
        return made
    }

    private mutating func makeChats(
        _ population: Population, line: Int, lineCount: Int, _ random: inout SimulatedRandom
    ) -> [Int] {
        var chats: [Int] = []
        let place = line % lineCount
        for person in 0..<population.people
        where person % lineCount == place || random.next() % 4 == 0 || population.people < lineCount {
            var handles = [Population.handle(of: person)]
            if person % 8 == 7, population.people > 2 {
                handles.append(Population.handle(of: (person + 1) % population.people))
            }
            chats.append(addChat(line: line, handles: handles, at: population.from, isGroup: handles.count > 1))
        }
        if chats.isEmpty {
            chats.append(addChat(line: line, handles: [Population.handle(of: 0)], at: population.from, isGroup: false))
        }
        return chats
    }

    private static func makeFile(number: Int, _ random: inout SimulatedRandom) -> SimulatedFile {
        let kind = Population.kinds[Int(random.next() % UInt64(Population.kinds.count))]
        return SimulatedFile(
            name: "IMG_\(number).\(kind.suffix)", mime: kind.mime, size: Int64.random(in: kind.sizes, using: &random))
    }
}
