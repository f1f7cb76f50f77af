import Audit
import Domain
import Engine
import Foundation
import Inventory

extension World {
    /// What must be so whatever happened; `everything` = the log is verified too, which takes longest.
    func check(everything: Bool) async {
        guard let process = try? open() else { return violate("the workspace cannot be opened") }
        do {
            try CatchUp(inventory: process.inventory, log: process.log).run()
            try learnStates(process)
            if everything { try verify(process) }
        } catch {
            violate("a check failed: \(error)")
        }
    }

    private func verify(_ process: Process) throws {
        let options = LogVerifier.Options(vkeys: [template.vkey], rootKeys: [template.root], now: clock.now())
        let report = try LogVerifier(options).verify(location.database)
        guard report.result != .verified else { return }
        violate("the log is \(report.result): \(report.failures.prefix(3).map { "\($0)" })")
    }
}
