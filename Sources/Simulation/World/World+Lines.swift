import Messaging
import Raft
import Storage

// Epochs: each is a line of its own, and has its own judge.
extension World {
    /// Who judges what happens on a machine.
    func oracle(of machine: Machine) -> Oracle { machine.ownOracle ?? oracle }

    /// Who judges what a machine sends in an epoch that it may have left.
    func oracle(of machine: Machine, in epoch: Epoch) -> Oracle {
        machine.isOutdated ? oracle(of: machine) : lines.first { $0.epoch == epoch } ?? oracle
    }

    /// The lines that go on: more than one where nodes were promoted apart.
    var newestLines: [Oracle] {
        let alive = lines.filter(\.isAlive)
        let newest = alive.map(\.epoch.number).max()
        return alive.filter { $0.epoch.number == newest }
    }

    /// The line that goes on.
    var prevailing: Oracle { newestLines.first ?? oracle }

    /// Whether what was acknowledged may be on one side of a fork only, or a promotion is under way.
    var isForked: Bool {
        lines.contains { $0.certain != nil || !$0.isAlive } || newestLines.count > 1
    }

    /// A node was promoted, or has come over to another epoch.
    func follow(_ replica: SimulatedReplica) {
        let (machine, epoch) = (replica.machine, replica.node.epoch)
        let former = oracle(of: machine)
        guard !machine.isOutdated, epoch != former.epoch else { return }
        if let line = lines.first(where: { $0.epoch == epoch }) {
            guard line.hasCommittedTheSame(as: replica, in: former) else { return }
            line.learn(from: former, through: LogIndex(replica.broker.appliedIndex))
            machine.ownOracle = line
        } else {
            let promotion = replica.promotions.values.first { $0.id == epoch.id }
            let line = Oracle(number: lines.count, from: former, of: replica, certain: promotion?.certain)
            lines.append(line)
            machine.ownOracle = line
            line.begun(by: replica)
        }
    }

    /// A process begins: a promotion that was not on disk has not happened.
    func chooseLine(of machine: Machine, _ directory: DataDirectory) throws(StorageError) {
        guard !machine.isOutdated else { return }
        let former = oracle(of: machine)
        let log = directory.log
        var epoch = try directory.base.map { base throws(StorageError) in try Snapshot(base) }?.membership.epoch
        if let index = log.summary.membershipIndexes.last {
            epoch = try log.entry(at: index).decodedMembership?.epoch
        }
        guard let line = lines.first(where: { $0.epoch == epoch ?? .initial }), line !== former else { return }
        machine.ownOracle = line
    }

    /// The machine's disk was lost: it counts no more.
    func forget(_ machine: Machine) {
        let lost = oracle.records[machine.number]
        let record = Record(former: lost.former + [lost.stored])
        for line in lines { line.records[machine.number] = record }
    }
}
