import Domain
import Synchronization

/// What everybody in a world plays on: the vendor's ledger, what Lethe was told, and what went wrong.
struct Stage {
    let population: Population
    let seed: UInt64
    var model: Model
    var weather = Weather.fair
    /// Counts up with each event, so that the same call meets another fault.
    var round: UInt64 = 0
    var deleted: [AttachmentID: Timestamp] = [:]
    /// Every DELETE that reached the vendor, and how many of them it confirmed.
    var deletes: [AttachmentID: Int] = [:]
    var confirmed: [AttachmentID: Int] = [:]
    var calls: [String: UInt64] = [:]
    /// Listings of which something went away while they were walked, and in which event.
    var shifted: [String: UInt64] = [:]
    /// What pages and answers of this event showed.
    var shown: [Told] = []
    var shownChats: [(chat: ChatID, isGroup: Bool, members: [Handle])] = []
    var shownAlive: [(file: AttachmentID, created: Timestamp, at: Timestamp)] = []
    var isReleased: Set<PhoneLine> = []
    /// Lines that were not listed at some time.
    var wasReleased: Set<PhoneLine> = []
    var wasRestored = false
    /// `true`: the vendor's answers tell no time, so the host's clock counts.
    var tellsNoTime = false
    var violations: [String] = []
    var coverage = Coverage()
    /// The host's clock was more than five minutes off when the command began.
    var isClockWrong = false
    /// Why no apply may delete anything now.
    var refusal: String?

    /// Of the policies as they are in their files.
    var digestInForce: String

    init(_ population: Population, seed: UInt64, model: Model, digestInForce: String) {
        self.digestInForce = digestInForce
        self.population = population
        self.seed = seed
        self.model = model
    }

    /// Whether the vendor has it.
    func exists(_ id: AttachmentID, at now: Timestamp) -> Bool {
        guard let index = population.index(of: id), deleted[id] == nil else { return false }
        let file = population.files[index]
        guard file.created <= now else { return false }
        return !file.isEphemeral || now < file.created.adding(seconds: 26 * 3600)
    }

    /// The same call in the same event gets the same dice, in whatever order calls come.
    mutating func dice(_ call: String, _ key: UInt64 = 0) -> Dice {
        let name = "\(call)\(key)"
        let number = (calls[name] ?? 0) + 1
        calls[name] = number
        let word = call.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
        return Dice.fixed(seed, round, word, key, number)
    }

    /// What pages showed is told, if the command lived to write it down; what a GET showed need not have been kept.
    mutating func hearWhatWasShown(isCertain: Bool) {
        model.perhaps = withWhatWasShown(model.perhaps)
        shownAlive = []
        if isCertain { model.facts = withWhatWasShown(model.facts) }
        (shown, shownChats) = ([], [])
    }

    mutating func hear(_ deliveries: [Int], isCertain: Bool) {
        for told in deliveries.flatMap({ population.deliveries[$0].told }) {
            model.perhaps.hear(told, isPersistent: isPersistent(told.file))
            if isCertain { model.facts.hear(told, isPersistent: isPersistent(told.file)) }
        }
    }

    func withWhatWasShown(_ facts: Facts) -> Facts {
        var facts = facts
        for told in shown { facts.hear(told, isPersistent: isPersistent(told.file)) }
        for one in shownChats {
            facts.hear(chat: one.chat, isGroup: one.isGroup, members: one.members, isWhole: true)
        }
        for one in shownAlive {
            facts.hear(created: one.created, of: one.file)
            facts.hear(alive: one.file, at: one.at)
        }
        return facts
    }

    func isPersistent(_ id: AttachmentID) -> Bool {
        population.index(of: id).map { !population.files[$0].isEphemeral } ?? false
    }

    mutating func violate(_ text: String) {
        if !violations.contains(text) { violations.append(text) }
    }

    /// A DELETE is on its way: may it be?
    mutating func judge(_ id: AttachmentID, truth: Timestamp, host: Timestamp) {
        deletes[id, default: 0] += 1
        let now = tellsNoTime ? host : truth
        var judged = model
        judged.perhaps = withWhatWasShown(model.perhaps)
        // What a command that died may have stored can also contradict what is stored for sure: then it was not.
        var certain = model
        certain.facts = withWhatWasShown(model.facts)
        if let refusal { violate("DELETE of \(name(id)) although everything is refused: \(refusal)") }
        if isClockWrong, !tellsNoTime { violate("DELETE of \(name(id)) although the clock is wrong") }
        // Clocks may be five minutes apart.
        guard let why = judged.reasonToStay(id, now: now.adding(seconds: 301)),
            certain.reasonToStay(id, now: now.adding(seconds: 301)) != nil
        else { return }
        violate(
            "DELETE of \(name(id)) that must stay\(wasRestored ? " (restored)" : ""): \(why). \(model.facts.story(of: id)). \(model.rules.story)"
        )
    }

    func name(_ id: AttachmentID) -> String { population.index(of: id).map { "file\($0)" } ?? "\(id)" }
}
