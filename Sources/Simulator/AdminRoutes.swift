import Domain
import Hummingbird

struct AdminRoutes {
    let account: SimulatedAccount
    let faults: FaultPlan
    func add(to routes: RouterGroup<SimulatorContext>) {}
}
