import Domain

/// What people ordered, what the vendor was asked besides, and what became of copies.
extension PlanLedger {
    mutating func ordered(_ values: RecordValues) -> String? {
        switch values.type {
        case .holdPlaced:
            if holds.insert(values[.hold].word).inserted { size += 1 }
            return nil
        case .holdReleased:
            return holds.contains(values[.hold].word) ? nil : unknown("releases a hold that was not placed")
        case .requestOpened: return opened(values[.req].word)
        case .requestUpdated: return updated(values[.req].word, values[.state].word)
        case .operatorAct: return acted(values)
        case .vendorSample: return counts(values[.present].integer, of: values)
        case .reconcileEnd: return counts(values[.absent].integer, of: values)
        case .archiveChecked: return counts(values[.bad].integer, of: values)
        case .egressCheck:
            return values[.host].word == values[.other].word ? "tries one host and calls it two" : nil
        case .lookupMiss: return missed(values)
        case .absenceProved: return proved(values[.att].number, values[.outcome].word)
        case .absenceAccepted: return Self.plan(values[.ref]).flatMap(isRecorded)
        case .itemAside: return isUnended(values[.att].number, in: values[.plan].number)
        case .archiveStored, .archiveShredded, .archiveRemoved, .archiveRead: return kept(values)
        default: return nil
        }
    }

    private func counts(_ part: Int64, of values: RecordValues) -> String? {
        part > values[.checked].integer ? "counts more than were looked at" : nil
    }

    /// One of 32 digits; any other reference is none of a plan.
    private static func plan(_ reference: LineValue) -> UInt128? {
        let isID = reference.inner.count == 32 && reference.inner.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        return isID ? reference.number : nil
    }

    private mutating func acted(_ values: RecordValues) -> String? {
        let plan = Self.plan(values[.ref])
        switch AuditRecord.OperatorAct.Kind(rawValue: values[.act].word) {
        // What was never begun may be ended although no record has it.
        case .planCancel?, .planExpire?:
            if let plan { plans[plan]?.isStopped = true }
            return nil
        case .planClose?, .limitRaise?, .canarySkip?:
            guard let plan else { return "names no plan" }
            return isRecorded(plan)
        default: return nil
        }
    }
}

// MARK: - Requests

extension PlanLedger {
    /// `audit prune` records an opening again, with the last state after it: it is no second request.
    private mutating func opened(_ request: String) -> String? {
        guard requests[request] == nil else { return nil }
        requests[request] = .some(isPartial ? nil : .received)
        size += 1
        return nil
    }

    private mutating func updated(_ request: String, _ word: String) -> String? {
        guard let state = ErasureRequest.State(rawValue: word) else { return "states what no request can be" }
        let known = requests.updateValue(state, forKey: request)
        guard let known else {
            size += 1
            return unknown("is of a request that was not opened")
        }
        guard let before = known, before != state else { return nil }
        let follows = RequestEvent.allCases.contains { before.after($0) == state }
        // One that an older inventory had lost may be withdrawn after its answer.
        guard follows || (state == .withdrawn && !before.isDecided) else {
            return "makes a request that is \(before.rawValue) \(word)"
        }
        return nil
    }

    func isOpen(request: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
        guard let state = requests[String(decoding: request, as: UTF8.self)] else {
            return unknown("is of a request that was not opened")
        }
        return state?.isDecided == true ? "deletes for a request that was refused or withdrawn" : nil
    }
}

// MARK: - What was looked up

extension PlanLedger {
    /// A look after a 204: of what a 204 ended, in the run that announced it.
    mutating func verified(_ values: RecordValues) -> String? {
        let (item, run, http) = (values[.att].number, values[.run].number, values[.http].integer)
        if let problem = isBegun(run) { return problem }
        switch EvidenceGrade(rawValue: values[.grade].word) {
        case .x?:
            if let id = runs[run]?.plan, plans[id]?.closed.contains(item) == true { plans[id]?.found.insert(item) }
            deleted?.remove(item)
            return http == 200 ? nil : "finds something on another answer than 200"
        case .a?, .b?:
            guard http == 404 else { return "finds nothing on another answer than 404" }
            return wasDeleted(item)
        case .c?: return wasDeleted(item)
        default: return nil
        }
    }

    private func wasDeleted(_ item: UInt128) -> String? {
        guard let deleted, !deleted.contains(item) else { return nil }
        return unknown("confirms a deletion that no 204 answered")
    }

    private func isUnended(_ item: UInt128, in plan: UInt128) -> String? {
        if let problem = isRecorded(plan) { return problem }
        return plans[plan]?.hasEnded(item) == true ? "is of an item that has ended" : nil
    }

    private func missed(_ values: RecordValues) -> String? {
        guard values[.http].integer == 404 else { return "misses something on another answer than 404" }
        guard !values[.run].isNull else { return nil }
        guard let run = runs[values[.run].number] else { return unknown("is of a run that was not begun") }
        return isUnended(values[.att].number, in: run.plan)
    }

    private func proved(_ item: UInt128, _ word: String) -> String? {
        switch Outcome(rawValue: word) {
        case .alreadyAbsent?, .expiredByVendor?, .notFoundUnproven?:
            deleted?.contains(item) == true ? "calls absent what a 204 ended" : nil
        default: "proves an absence by an outcome that is none"
        }
    }
}

// MARK: - Copies

extension PlanLedger {
    private mutating func kept(_ values: RecordValues) -> String? {
        let copy = Copy(item: values[.att].number, archive: values[.archive].word)
        if values.type == .archiveStored {
            if values[.ok].isTrue, copies.updateValue(false, forKey: copy) == nil { size += 1 }
            return isBegun(values[.run].number)
        }
        // A line of v1 did not say which archive.
        guard let isShredded = copies[copy] ?? copies[Copy(item: copy.item, archive: "")] else {
            return unknown("is of a copy that was not stored")
        }
        if values.type == .archiveRead, isShredded { return "reads a copy whose key was destroyed" }
        if values.type == .archiveShredded { copies[copy] = true }
        return nil
    }
}
