import Domain

/// Counts what was sent and what came back, and knows which intents have no answer yet.
///
/// One open operation an attachment: a new intent for the same attachment takes the place of one that a crash left open,
/// as after a GET that answered 200. Memory grows with what is open and not with the log.
struct OperationLedger {
    private var counts = VerificationReport.Operations()
    private var pending: [UInt128: (operation: UInt128, attempt: Int64, run: UInt128)] = [:]

    var operations: VerificationReport.Operations {
        var all = counts
        all.open = pending.count
        return all
    }

    /// What a `delete.outcome` answers.
    struct Answer {
        let final: Outcome?
        /// Of the open intent of the same operation.
        let run: UInt128?
        let hasIntent: Bool
    }

    /// `nil` for all but an outcome. Records of most types say nothing of operations.
    mutating func enter(_ values: RecordValues) -> Answer? {
        switch values.type {
        case .deleteIntent:
            intent(
                attachment: values[.att].number, operation: values[.op].number, attempt: values[.try].integer,
                run: values[.run].number)
        case .deleteOutcome:
            let (attachment, operation) = (values[.att].number, values[.op].number)
            let final = values[.final].optionalText.flatMap(Outcome.init(rawValue:))
            let open = pending[attachment].flatMap { $0.operation == operation ? $0 : nil }
            let hasIntent = outcome(
                attachment: attachment, operation: operation, attempt: values[.try].integer, final: final)
            return Answer(final: final, run: open?.run, hasIntent: hasIntent)
        case .itemClosed:
            closed(attachment: values[.att].number, outcome: Outcome(rawValue: values[.outcome].text))
        default: break
        }
        return nil
    }

    /// A line that `parser` has just parsed.
    mutating func enter(_ line: UnsafeBufferPointer<UInt8>, _ parser: LineParser) -> Answer? {
        enter(RecordValues(line, parser))
    }

    mutating func intent(attachment: UInt128, operation: UInt128, attempt: Int64, run: UInt128 = 0) {
        counts.intents += 1
        pending[attachment] = (operation, attempt, run)
    }

    /// Whether there was an intent for it.
    mutating func outcome(attachment: UInt128, operation: UInt128, attempt: Int64, final: Outcome?) -> Bool {
        counts.outcomes += 1
        count(final)
        guard let intent = pending[attachment], intent.operation == operation, intent.attempt == attempt else {
            return false
        }
        pending[attachment] = nil
        return true
    }

    mutating func closed(attachment: UInt128, outcome: Outcome?) {
        pending[attachment] = nil
        count(outcome)
    }

    private mutating func count(_ outcome: Outcome?) {
        switch outcome?.group {
        case .deleted?: counts.deleted += 1
        case .absent?: counts.absent += 1
        default: break
        }
    }
}
