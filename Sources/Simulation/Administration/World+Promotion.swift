import Raft

/// An operator's wish that a node go on alone.
final class SimulatedPromotion {
    let machine: Int
    /// As the operator saw it.
    let epoch: UInt64
    let id: UInt64
    let care: PromotionCare
    var attempts = 0
    /// Up to where nothing is lost, as the node said; the operator accepts that the rest may be. Nil: it said that
    /// nothing is lost.
    var certain: LogIndex?
    /// What the node appended for it.
    var entry: EntryID?

    static let attemptsMax = 100

    init(machine: Int, epoch: UInt64, id: UInt64, care: PromotionCare) {
        self.machine = machine
        self.epoch = epoch
        self.id = id
        self.care = care
    }
}

// Lost quorums: an operator looks at one node, and has it go on alone where it has everything, or where the loss is
// accepted.
extension World {
    func beginPromotion(of machine: Machine, _ care: PromotionCare) {
        guard let node = machine.replica?.node else { return }
        let id = seeds.value(.administration, machine.number, Int(now.nanoseconds / 1000))
        pursue(SimulatedPromotion(machine: machine.number, epoch: node.epoch.number, id: id, care: care))
    }

    /// Who promoted another node knows it; and nobody promotes a node that he has removed, or may have: that can't know
    /// what was acknowledged since.
    func mayPromote(_ promotion: SimulatedPromotion) -> Bool {
        let identity = machines[promotion.machine].identity
        return (promotion.care == .unaware || promotion.epoch >= oracle.newestEpoch)
            && !errands.contains { $0.goal == .gone(identity) }
    }

    func pursue(_ promotion: SimulatedPromotion) {
        let replica = machines[promotion.machine].replica
        promotion.attempts += 1
        guard probe == nil, core.isEmpty, promotion.attempts < SimulatedPromotion.attemptsMax else { return }
        guard mayPromote(promotion) else { return }
        guard let replica else { return schedule(.promotion(promotion), in: .milliseconds(50)) }
        replica.receive(.promotion(promotion))
    }
}

extension SimulatedReplica {
    func promote(_ promotion: SimulatedPromotion) {
        guard world.mayPromote(promotion) else { return }
        lastTicket += 1
        promotions[Ticket(lastTicket)] = promotion
        let last = node.status.last
        let asked = Promotion(epoch: promotion.epoch, id: promotion.id, acceptsLoss: promotion.certain != nil)
        step(.promote(Ticket(lastTicket), asked))
        if node.status.last > last { promotion.entry = node.status.last }
    }

    func conclude(_ promotion: SimulatedPromotion, _ settlement: Settlement) {
        switch settlement {
        case .committed:
            world.statistics.promotions += 1
            if promotion.certain != nil { world.statistics.promotionsWithLoss += 1 }
        case .rejected(_, .promotion(.mayLoseMessages(let last))) where promotion.care == .acceptsLoss:
            promotion.certain = last
            world.schedule(.promotion(promotion), in: .milliseconds(50))
        case .rejected(_, .promotion(.leaderKnown)), .rejected(_, .promotion(.tooSoon)):
            world.schedule(.promotion(promotion), in: .milliseconds(50))
        case .rejected, .overwritten: break
        case .readable, .transferred: preconditionFailure("a promotion ends with \(settlement)")
        }
        oracle.settled(settlement, of: promotion, by: self)
    }
}
