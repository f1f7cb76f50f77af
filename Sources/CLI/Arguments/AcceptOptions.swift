import ArgumentParser
import Engine

/// What a person accepts although a run would be refused for it.
struct AcceptOptions: ParsableArguments {
    @Flag(help: "Go on although this machine's clock and the vendor's are apart; recorded.") var acceptClock = false
    @Flag(help: "Go on although nothing proves that the key is of this account; recorded.") var acceptAccount = false

    func overrides(by name: String? = nil) -> RunContext.Overrides {
        .init(acceptsClock: acceptClock, acceptsAccount: acceptAccount, by: name ?? Wiring.systemUser)
    }
}
