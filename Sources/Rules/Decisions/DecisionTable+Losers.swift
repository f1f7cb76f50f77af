import Domain

extension DecisionTable {
    /// Every covering hold and every policy that did not decide, with why. Each reason stays true until the decision
    /// changes, so equal inputs give equal bytes in between.
    func losers(of ruling: Ruling, holds: [LegalHold]) -> [Loser] {
        let covering = holds.filter { $0.releasedAt == nil && $0.covers(attachment) }.sorted { $0.id < $1.id }
        let winningHold = covering.first { ruling.winner == .hold($0.id) }
        var losers = covering.filter { $0.id != winningHold?.id }
            .map { Loser(rule: .hold($0.id), reason: reason(of: $0, under: ruling, winningHold)) }
        let winningDelete = winningDelete(of: ruling)
        for (number, policy) in index.policies.policies.enumerated() where ruling.winner != .policy(policy.id) {
            let place = Place(block: number / 64, offset: number % 64)
            losers.append(
                Loser(
                    rule: .policy(policy.id), reason: reason(of: policy, at: place, under: ruling, winningDelete)))
        }
        return losers
    }

    private struct Place {
        let block: Int
        let offset: Int
    }

    private func reason(of hold: LegalHold, under ruling: Ruling, _ winner: LegalHold?) -> LoserReason {
        switch ruling.reason {
        case .held: hold.until == winner?.until ? .laterID : .shorterHold
        case .unknown where ruling.winner == nil: .outranked
        default: .holdEnded
        }
    }

    private func retainEnd(of policy: Policy) -> Timestamp? {
        guard let retain = policy.retain else { return nil }
        return start(policy.startsFrom).map { retain.end(from: $0) }
    }

    private func winningDelete(of ruling: Ruling) -> Delete? {
        guard case .policy(let id)? = ruling.winner,
            let number = index.policies.policies.firstIndex(where: { $0.id == id })
        else { return nil }
        return delete(at: number % 64, ofBlock: number / 64)
    }

    private func reason(
        of policy: Policy, at place: Place, under ruling: Ruling, _ winner: Delete?
    ) -> LoserReason {
        let met = criteria(ofBlock: place.block)
        let obstacle = index.blocks[place.block].obstacle(1 << UInt64(place.offset), met)
        if let obstacle, !obstacle.isMissing {
            return obstacle.fact == .line ? .outOfScope : .noMatch(obstacle.fact)
        }
        let retainCounts = policy.retain != nil && (request == nil || policy.ground != nil)
        switch ruling.reason {
        case .held: return .outranked
        case .unknown where ruling.winner == nil: return .outranked
        // A rule that may match keeps it: as where one is not due.
        case .unknown where ruling.changesAt != nil:
            return deleteReason(of: policy, at: place, obstacle?.fact, under: ruling, winner)
        case .unknown, .retained, .withheld:
            if retainCounts {
                return ruling.reason.until.map { retainEnd(of: policy) == $0 } ?? false ? .laterID : .shorterRetain
            }
            if policy.retain != nil, policy.deleteAfter == nil { return .noGround }
            return obstacle.map { .unknownFact($0.fact) } ?? .outranked
        case .erasure:
            if retainCounts { return .retainEnded }
            return policy.retain == nil ? .outranked : .noGround
        case .expired, .policy, .notDue, .noPolicy:
            return deleteReason(of: policy, at: place, obstacle?.fact, under: ruling, winner)
        }
    }

    /// Why its `delete_after` did not win; its `retain`, if any, is over.
    private func deleteReason(
        of policy: Policy, at place: Place, _ missing: Fact?, under ruling: Ruling, _ winner: Delete?
    ) -> LoserReason {
        guard policy.deleteAfter != nil else { return .retainEnded }
        if let missing { return .unknownFact(missing) }
        let bit = UInt64(1) << UInt64(place.offset)
        if let obstacle = index.blocks[place.block].obstacleToDelete(bit, criteria(ofBlock: place.block)) {
            return obstacle.isMissing ? .unknownFact(obstacle.fact) : .noMatch(obstacle.fact)
        }
        guard let own = delete(at: place.offset, ofBlock: place.block) else { return .unknownFact(.lastUsed) }
        guard case .expired = ruling.reason else {
            guard let winner else { return .outranked }
            if own.rank / 2 != winner.rank / 2 { return .lineScopeWins }
            if own.rank != winner.rank { return .tierWins }
            return own.due == winner.due ? .laterID : .laterInstant
        }
        return .outranked
    }
}
