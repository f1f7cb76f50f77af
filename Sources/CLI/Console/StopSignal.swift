import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM ask a run to halt: nothing new is sent, what is in flight is drained and written down. A second
/// signal ends the process at once; what is open then is settled on the next start.
final class StopSignal: Sendable {
    private let received = Mutex<String?>(nil)

    /// From here to the end of the process both signals only ask.
    init(console: Console) {
        for (number, name) in [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                // The handler owns the source, so that it lives as long as the process.
                withExtendedLifetime(source) {}
                if self.name != nil { _exit(128 + number) }
                received.withLock { $0 = name }
                console.note("\(name): nothing new is sent; waiting for the answers that are still out")
            }
            source.resume()
        }
    }

    /// The signal's name, once one has come.
    var name: String? { received.withLock { $0 } }
}
