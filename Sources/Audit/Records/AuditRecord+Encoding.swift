import Domain

extension AuditRecord {
    var type: RecordType {
        switch self {
        case .logOpen: .logOpen
        case .config: .config
        case .planCreated: .planCreated
        case .planApproved: .planApproved
        case .runStart: .runStart
        case .deleteIntent: .deleteIntent
        case .deleteOutcome: .deleteOutcome
        case .itemClosed: .itemClosed
        case .deleteVerified: .deleteVerified
        case .runEnd: .runEnd
        case .runHalt: .runHalt
        case .holdPlaced: .holdPlaced
        case .holdReleased: .holdReleased
        case .requestOpened: .requestOpened
        case .requestUpdated: .requestUpdated
        case .policyLocked: .policyLocked
        case .archiveStored: .archiveStored
        case .vendorSample: .vendorSample
        case .operatorAct: .operatorAct
        case .subjectForget: .subjectForget
        case .clockStep: .clockStep
        case .epochSeal: .epochSeal
        case .logClose: .logClose
        }
    }

    /// The `type` of the line: `delete.intent`.
    package var typeName: String { type.rawValue }

    /// Writes `type` and the fields of it, in their fixed order.
    func encode(into json: inout AsciiJSON) {
        switch self {
        case .deleteIntent(let intent):
            json.field("type", plain: "delete.intent")
            json.field("run", hex: intent.run.value)
            json.field("op", hex: intent.operation.value)
            json.field("try", Int64(intent.attempt))
            json.field("att", uuid: intent.attachment.value)
            json.field("rule", intent.rule)
        case .deleteOutcome(let answer):
            json.field("type", plain: "delete.outcome")
            json.field("op", hex: answer.operation.value)
            json.field("try", Int64(answer.attempt))
            json.field("att", uuid: answer.attachment.value)
            json.field("class", answer.answer.rawValue)
            json.field("http", Int64(answer.http))
            json.field("err", answer.error?.rawValue)
            json.field("trace", answer.trace)
            json.field("final", answer.final?.rawValue)
        case .itemClosed(let run, let attachment, let outcome, let reason):
            json.field("type", plain: "item.closed")
            json.field("run", hex: run.value)
            json.field("att", uuid: attachment.value)
            json.field("outcome", outcome.rawValue)
            json.field("reason", reason)
        case .deleteVerified(let run, let attachment, let http, let grade):
            json.field("type", plain: "delete.verified")
            json.field("run", hex: run.value)
            json.field("att", uuid: attachment.value)
            json.field("http", Int64(http))
            json.field("grade", grade.rawValue)
        case .logOpen(let opening): opening.encode(into: &json)
        case .planCreated, .planApproved, .runStart, .runEnd, .runHalt: encodeRun(into: &json)
        case .holdPlaced, .holdReleased, .requestOpened, .requestUpdated, .subjectForget: encodeRights(into: &json)
        default: encodeOperation(into: &json)
        }
    }

    private func encodeRun(into json: inout AsciiJSON) {
        json.field("type", typeName)
        switch self {
        case .planCreated(let plan, let kind, let digest, let items, let policy):
            json.field("plan", hex: plan.value)
            json.field("kind", kind.rawValue)
            json.field("digest", digest)
            json.field("items", Int64(items))
            json.field("policy", policy)
        case .planApproved(let plan, let digest, let by, let how):
            json.field("plan", hex: plan.value)
            json.field("digest", digest)
            json.field("by", by)
            json.field("how", how.rawValue)
        case .runStart(let run, let plan, let digest, let policy):
            json.field("run", hex: run.value)
            json.field("plan", hex: plan.value)
            json.field("digest", digest)
            json.field("policy", policy)
        case .runEnd(let run, let counts):
            json.field("run", hex: run.value)
            json.field("items", Int64(counts.items))
            json.field("deleted", Int64(counts.deleted))
            json.field("absent", Int64(counts.absent))
            json.field("withheld", Int64(counts.withheld))
            json.field("failed", Int64(counts.failed))
            json.field("open", Int64(counts.open))
        case .runHalt(let run, let cause):
            json.field("run", hex: run.value)
            json.field("cause", cause)
        default: break
        }
    }

    private func encodeRights(into json: inout AsciiJSON) {
        json.field("type", typeName)
        switch self {
        case .holdPlaced(let hold, let scope, let until, let by, let reason):
            json.field("hold", hex: hold.value)
            json.field("scope", scope.description)
            json.field("until", until?.description)
            json.field("by", by)
            json.field("reason", reason)
        case .holdReleased(let hold, let by, let reason):
            json.field("hold", hex: hold.value)
            json.field("by", by)
            json.field("reason", reason)
        case .requestOpened(let opening):
            json.field("req", hex: opening.request.value)
            json.field("subs", opening.subjects.map(\.hex))
            json.field("jurisdiction", opening.jurisdiction.rawValue)
            json.field("scope", opening.scope.rawValue)
            json.field("received", opening.received.description)
            json.field("due", opening.due.description)
            json.field("by", opening.by)
        case .requestUpdated(let request, let state, let due, let by, let reason):
            json.field("req", hex: request.value)
            json.field("state", state.rawValue)
            json.field("due", due?.description)
            json.field("by", by)
            json.field("reason", reason)
        case .subjectForget(let subject): json.field("sub", subject.hex)
        default: break
        }
    }

    private func encodeOperation(into json: inout AsciiJSON) {
        json.field("type", typeName)
        switch self {
        case .config(let sha256): json.field("sha256", sha256)
        case .policyLocked(let id, let sha256):
            json.field("id", id)
            json.field("sha256", sha256)
        case .archiveStored(let run, let attachment, let ok):
            json.field("run", hex: run.value)
            json.field("att", uuid: attachment.value)
            json.field("ok", ok)
        case .vendorSample(let checked, let present):
            json.field("checked", Int64(checked))
            json.field("present", Int64(present))
        case .operatorAct(let act, let ref, let by, let reason):
            json.field("act", act.rawValue)
            json.field("ref", ref)
            json.field("by", by)
            json.field("reason", reason)
        case .clockStep(let from): json.field("from", time: from)
        case .epochSeal(let records): json.field("n", Int64(records))
        case .logClose(let reason): json.field("reason", reason)
        default: break
        }
    }
}

extension AuditRecord.Opening {
    fileprivate func encode(into json: inout AsciiJSON) {
        json.field("type", "log.open")
        json.field("origin", origin)
        json.field("vkey", vkey)
        json.field("kid", kid)
        if let previous {
            json.begin("prev_log")
            json.field("origin", previous.origin)
            json.field("size", previous.size)
            json.field("root", previous.root)
            json.field("mac", previous.mac)
            json.field("lost", previous.lost)
            json.end()
        } else {
            json.field("prev_log", nil as String?)
        }
        json.field("tool", tool)
    }
}
