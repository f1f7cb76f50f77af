import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules
import Simulator
import TestSupport
import Testing

/// A locked policy may only be lengthened or widened; anything else stops every apply until an operator records why.
@Suite struct LockedPolicyTests {
    static let locked = """
          - id: kyc
            title: Identity documents
            why: The law asks for it.
            scope: {lines: ["+12025550143", "+12025550188"]}
            match: {mime: ["image/*"], size: {at_least: 10kB}}
            retain: 100d
            delete_after: 200d
            legal_ground: gdpr.17.3.b
            locked: true
        """

    static func rules(_ edit: (String) -> String = { $0 }) -> Decider {
        TestRules.decider(
            "version: 1\npolicies:\n  - {id: default, title: D, why: D., delete_after: 180d}\n" + edit(locked))
    }

    private func record(_ id: String, in workspace: TestWorkspace) throws -> [AuditRecord] {
        try workspace.records().filter {
            switch $0 {
            case .policyLocked(let lock): lock.id == id
            case .operatorAct(let act): act.act == .policyUnlock && act.ref == id
            default: false
            }
        }
    }

    private func locks(_ workspace: TestWorkspace) -> LockedPolicies {
        LockedPolicies(inventory: workspace.inventory, log: workspace.log)
    }

    private func run(_ workspace: TestWorkspace, _ vendor: ScriptedVendor, _ rules: Decider) async throws {
        _ = try await TestWorkspace.retention(workspace.context(vendor), rules).run()
    }

    /// Another tier lets a file escape a policy that names one: the tiers are locked with it.
    @Test func aChangeOfTiersThatALockedPolicyNamesIsAWeakening() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(40)
        let rules = TestRules.decider(
            """
            version: 1
            policies:
              - {id: law, title: Law, why: Duty., match: {tier: persistent}, retain: 2y, legal_ground: gdpr.17.3.b, locked: true}
              - {id: rest, title: Rest, why: Nothing is kept., match: {tier: ephemeral}, delete_after: 1h}
            """)
        let line = try PhoneLine(TestWorkspace.lines[0])
        let changed = TierMap(ephemeralLines: [.init(line: line, since: Timestamp(seconds: 1_700_000_000))])
        let vendor = try workspace.scripted()
        try await run(workspace, vendor, rules)
        let escaped = Decider(policies: rules.policies, tiers: changed)
        await #expect { try await run(workspace, vendor, escaped) } throws: {
            ($0 as? LetheError)?.code == "locked-policy"
        }
        #expect(vendor.deletes.isEmpty)
        #expect(
            try locks(workspace).weakened(by: rules.policies, tiers: changed).map(\.policy)
                == [LockedPolicies.tiersID])
        #expect(
            try locks(workspace).unlock(
                LockedPolicies.tiersID, to: rules.policies, tiers: changed, by: "ada",
                reason: "the vendor moved the line")
                == nil)
        try await run(workspace, vendor, escaped)
        // As they were is a change again.
        await #expect { try await run(workspace, vendor, rules) } throws: {
            ($0 as? LetheError)?.code == "locked-policy"
        }
    }

    static let weakenings: [(change: String, from: String, to: String)] = [
        ("retain 100d -> 99d", "retain: 100d", "retain: 99d"),
        ("retain 100d -> none", "    retain: 100d\n", ""),
        ("delete_after 200d -> 199d", "delete_after: 200d", "delete_after: 199d"),
        ("starts_from created -> last_used", "    retain: 100d", "    starts_from: last_used\n    retain: 100d"),
        ("scope names fewer lines", ", \"+12025550188\"", ""),
        ("match lets less through", "image/*", "image/png"),
        ("match lets less through", "at_least: 10kB", "at_least: 11kB"),
        ("match lets less through", "match: {", "match: {direction: inbound, "),
        ("locked true -> false", "locked: true", "locked: false"),
        ("the policy is gone", "- id: kyc", "- id: kyc2"),
    ]

    @Test(arguments: weakenings)
    func aWeakerFormStopsEveryApplyUntilItIsUnlocked(change: String, from: String, to: String) async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        try await run(workspace, vendor, Self.rules())
        let sent = vendor.deletes.count
        workspace.clock.advance(seconds: 30 * 86_400)
        // Without its ground a policy that keeps nothing could not be loaded.
        let weaker = Self.rules {
            let edited = $0.replacing(from, with: to)
            return edited.contains("retain:")
                ? edited
                : edited.replacing("    legal_ground: gdpr.17.3.b\n", with: "").replacing("    locked: true", with: "")
        }
        #expect(!weaker.policies.policies.isEmpty)
        let error = await #expect(throws: LetheError.self) { try await run(workspace, vendor, weaker) }
        #expect(error?.code == "locked-policy" && error?.status == .refused)
        #expect(error?.message.contains("kyc (") == true && error?.message.contains(change) == true)
        #expect(error?.hint?.contains("lethe policy unlock kyc --as NAME --reason TEXT") == true)
        #expect(vendor.deletes.count == sent)
        _ = try locks(workspace).unlock("kyc", to: weaker.policies, by: "ada", reason: "the law has changed")
        try await run(workspace, vendor, weaker)
        #expect(vendor.deletes.count > sent)
        #expect(
            try record("kyc", in: workspace).contains(
                .operatorAct(.init(act: .policyUnlock, ref: "kyc", by: "ada", reason: "the law has changed"))))
    }

    @Test func whatIsLongerOrWiderIsRememberedAnew() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(30)
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        try await run(workspace, vendor, Self.rules())
        try await run(workspace, vendor, Self.rules())
        #expect(try record("kyc", in: workspace).count == 1)
        let wider = Self.rules {
            $0.replacing("retain: 100d", with: "retain: 150d").replacing("image/png", with: "image/*")
                .replacing("    scope: {lines: [\"+12025550143\", \"+12025550188\"]}\n", with: "")
        }
        try await run(workspace, vendor, wider)
        #expect(try record("kyc", in: workspace).count == 2)
        await #expect { try await run(workspace, vendor, Self.rules()) } throws: {
            ($0 as? LetheError)?.code == "locked-policy"
        }
    }

    @Test func anUnlockIsOfThatChangeAlone() async throws {
        let workspace = try TestWorkspace()
        let all = locks(workspace)
        try all.admit(Self.rules().policies)
        let (ninety, eighty) = (
            Self.rules { $0.replacing("retain: 100d", with: "retain: 90d") }.policies,
            Self.rules { $0.replacing("retain: 100d", with: "retain: 80d") }.policies
        )
        #expect { _ = try all.unlock("kyc", to: Self.rules().policies, by: "ada", reason: "none") } throws: {
            ($0 as? LetheError)?.code == "not-weakened"
        }
        #expect { _ = try all.unlock("default", to: ninety, by: "ada", reason: "none") } throws: {
            ($0 as? LetheError)?.code == "unknown-lock"
        }
        #expect(throws: LetheError.self) { _ = try all.unlock("kyc", to: ninety, by: "ada", reason: "call 2025550143") }
        #expect(try record("kyc", in: workspace).count == 1)
        #expect(try all.unlock("kyc", to: ninety, by: "ada", reason: "shorter by law")?.retain?.description == "90d")
        try all.admit(ninety)
        #expect { try all.admit(eighty) } throws: { ($0 as? LetheError)?.message.contains("retain 90d -> 80d") == true }
        let gone = PolicySet([])
        #expect(try all.unlock("kyc", to: gone, by: "ada", reason: "no more") == nil)
        try all.admit(gone)
        #expect(try workspace.inventory.lockedPolicies().isEmpty)
    }

    @Test func aPlanRunRemembersAndSaysWhatIsWeaker() throws {
        let workspace = try TestWorkspace()
        try workspace.fill(20)
        func plan(_ rules: Decider, at: Timestamp? = nil) throws -> PlanRetention.Planned {
            try PlanRetention(
                inventory: workspace.inventory, log: workspace.log, rules: rules, partner: TestWorkspace.partner,
                limits: Limits()
            ).run(now: at ?? workspace.clock.now(), isDraft: at != nil)
        }
        #expect(try plan(Self.rules(), at: workspace.clock.now()).weakened.isEmpty)
        #expect(try record("kyc", in: workspace).isEmpty)
        #expect(try plan(Self.rules()).weakened.isEmpty)
        #expect(try record("kyc", in: workspace).count == 1)
        let weaker = try plan(Self.rules { $0.replacing("retain: 100d", with: "retain: 1d") })
        #expect(weaker.weakened.map(\.policy) == ["kyc"] && weaker.weakened.map(\.detail) == ["retain 100d -> 1d"])
        #expect(try record("kyc", in: workspace).count == 1)
    }

    @Test func planApplyAndEraseApplyAreRefusedToo() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        try locks(workspace).admit(Self.rules().policies)
        let weaker = Self.rules { $0.replacing("retain: 100d", with: "retain: 1d") }
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        let planned = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: weaker, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now())
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(planned.plan.id, by: "ada")
        let apply = ApplyPlan(context, rules: weaker, settings: TestWorkspace.settings)
        await #expect { _ = try await apply.run(planned.plan.id) } throws: {
            ($0 as? LetheError)?.code == "locked-policy"
        }
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "ada")
        ask.isOffline = true
        let erasure = try await PlanErasure(context, rules: weaker, limits: Limits()).run(ask)
        await #expect {
            _ = try await ApplyErasure(
                context, rules: weaker, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "ada"
            ).run(erasure.plan.id)
        } throws: { ($0 as? LetheError)?.code == "locked-policy" }
        #expect(vendor.deletes.isEmpty)
    }

    @Test func aRebuiltInventoryKnowsFromTheLogWhatIsLocked() throws {
        let workspace = try TestWorkspace()
        try locks(workspace).admit(Self.rules().policies)
        let rebuilt = try InventoryStore.create(
            at: workspace.directory.file("rebuilt.db"),
            keys: LookupKeys.load(from: workspace.directory.file("keys").appending(path: "lookup.key")))
        let locks = LockedPolicies(inventory: rebuilt, log: workspace.log)
        let other = Self.rules { $0.replacing("retain: 100d", with: "retain: 150d") }.policies
        // Longer, but that cannot be told: fail closed.
        for policies in [other, PolicySet([])] {
            #expect { try locks.admit(policies) } throws: {
                ($0 as? LetheError)?.message.contains("which the inventory has lost") == true
            }
        }
        try locks.admit(Self.rules().policies)
        try locks.admit(other)
    }

    @Test func aNewSegmentOfTheLogSaysWhatTheOneBeforeRemembered() throws {
        let workspace = try TestWorkspace()
        try locks(workspace).admit(Self.rules().policies)
        let location = TestWorkspace.location(workspace.directory)
        for policies in [Self.rules().policies, PolicySet([])] {
            _ = try AuditLog.rollover(location, reason: "yearly", by: "ada", tool: "lethe test", time: workspace.clock)
            let log = try AuditLog.open(location, time: workspace.clock)
            let locks = LockedPolicies(inventory: workspace.inventory, log: log)
            #expect(try locks.remember(policies).isEmpty == (policies["kyc"] != nil))
            let recorded = try log.entries(after: -1, limit: 100).filter {
                if case .policyLocked(let lock) = $0.record { lock.id == "kyc" } else { false }
            }
            #expect(recorded.count == 1)
            #expect(try workspace.inventory.lockedPolicies().map(\.origin) == [log.origin])
        }
    }

    @Test func aFormThatIsNotTheOneOnRecordIsNotBelieved() throws {
        let workspace = try TestWorkspace()
        let all = locks(workspace)
        try all.admit(Self.rules().policies)
        let weaker = Self.rules { $0.replacing("retain: 100d", with: "retain: 1d") }.policies
        let row = try #require(try workspace.inventory.lockedPolicies().first)
        try workspace.inventory.keepLockedForm(try #require(weaker["kyc"]).canonicalBytes, sha256: row.sha256)
        #expect { try all.admit(weaker) } throws: {
            ($0 as? LetheError)?.message.contains("which the inventory has lost") == true
        }
    }
}
