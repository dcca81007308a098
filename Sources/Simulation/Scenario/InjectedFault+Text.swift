import Raft
import SimulatedDisk

/// Faults as words: `crash a lost 3`, `cut a b`. What is written can be read again.
extension InjectedFault {
    /// - Parameter words: nil comes of anything that `words` doesn't write.
    init?(words: [String]) {
        guard let verb = words.first else { return nil }
        let rest = Array(words.dropFirst())
        switch (verb, rest.count) {
        case ("cut", 2): self = .cut(NodeID(rest[0]), NodeID(rest[1]))
        case ("mend", 2): self = .mend(NodeID(rest[0]), NodeID(rest[1]))
        case ("transfer", 1): self = .transfer(rest[0] == "any" ? nil : NodeID(rest[0]))
        case ("set", 2):
            guard let setting = Setting(rawValue: rest[0]), let value = Int(rest[1]) else { return nil }
            self = .set(setting, value)
        case ("remove", 1): self = .membership(.remove(rest[0] == "any" ? nil : NodeID(rest[0])))
        case ("join", 3):
            guard let kind = Self.kinds.first(where: { $0.name == rest[2] })?.kind else { return nil }
            self = .membership(.join(NodeID(rest[0]), as: NodeID(rest[1]), kind))
        case ("promote", 2):
            guard let care = PromotionCare(rawValue: rest[1]) else { return nil }
            self = .promote(NodeID(rest[0]), care)
        case (_, 1): self.init(verb, NodeID(rest[0]))
        case (_, 2):
            guard let number = Int(rest[1]) else { return nil }
            self.init(verb, NodeID(rest[0]), number)
        case ("crash", 3), ("trap", 3):
            guard let power = Self.power(named: rest[1]), let number = Int(rest[2]) else { return nil }
            let id = NodeID(rest[0])
            self =
                verb == "crash"
                ? .crash(id, power: power, operations: number) : .trap(id, power: power, operation: number)
        case ("flip", 3):
            guard let target = FlipTarget(rawValue: rest[1]), let number = Int(rest[2]) else { return nil }
            self = .flip(NodeID(rest[0]), target, number)
        default: return nil
        }
    }

    private init?(_ verb: String, _ id: NodeID) {
        switch verb {
        case "start": self = .start(id)
        case "pause": self = .pause(id)
        case "resume": self = .resume(id)
        case "hang": self = .hangDisk(id)
        case "fill": self = .fillDisk(id)
        case "ease": self = .easeDisk(id)
        case "wipe": self = .wipe(id)
        case "promote": self = .promote(id)
        case "demote": self = .membership(.demote(id))
        case "backup": self = .backUp(id)
        case "restore": self = .restore(id)
        default: return nil
        }
    }

    private init?(_ verb: String, _ id: NodeID, _ number: Int) {
        switch verb {
        case "slow": self = .slowDisk(id, number)
        case "fail": self = .failDisk(id, operation: number)
        case "jump": self = .jumpClock(id, number)
        case "rate": self = .rateClock(id, number)
        default: return nil
        }
    }

    var words: [String] {
        switch self {
        case .crash(let id, let power, let number): ["crash", id.rawValue, Self.name(of: power), "\(number)"]
        case .trap(let id, let power, let number): ["trap", id.rawValue, Self.name(of: power), "\(number)"]
        case .start(let id): ["start", id.rawValue]
        case .pause(let id): ["pause", id.rawValue]
        case .resume(let id): ["resume", id.rawValue]
        case .cut(let from, let to): ["cut", from.rawValue, to.rawValue]
        case .mend(let from, let to): ["mend", from.rawValue, to.rawValue]
        case .set(let setting, let value): ["set", setting.rawValue, "\(value)"]
        case .slowDisk(let id, let number): ["slow", id.rawValue, "\(number)"]
        case .hangDisk(let id): ["hang", id.rawValue]
        case .fillDisk(let id): ["fill", id.rawValue]
        case .easeDisk(let id): ["ease", id.rawValue]
        case .failDisk(let id, let number): ["fail", id.rawValue, "\(number)"]
        case .jumpClock(let id, let number): ["jump", id.rawValue, "\(number)"]
        case .rateClock(let id, let number): ["rate", id.rawValue, "\(number)"]
        case .transfer(let id): ["transfer", id?.rawValue ?? "any"]
        case .wipe(let id): ["wipe", id.rawValue]
        case .backUp(let id): ["backup", id.rawValue]
        case .restore(let id): ["restore", id.rawValue]
        case .flip(let id, let target, let number): ["flip", id.rawValue, target.rawValue, "\(number)"]
        case .promote(let id, let care): ["promote", id.rawValue] + (care == .full ? [] : [care.rawValue])
        case .membership(.join(let machine, let id, let kind)):
            ["join", machine.rawValue, id.rawValue, Self.kinds.first { $0.kind == kind }?.name ?? ""]
        case .membership(.remove(let id)): ["remove", id?.rawValue ?? "any"]
        case .membership(.demote(let id)): ["demote", id.rawValue]
        }
    }

    private static let kinds: [(name: String, kind: Membership.Member.Kind)] = [
        ("voter", .voter), ("learner", .learner), ("witness", .witness),
    ]

    /// What becomes of unsynced writes; `process` where the machine goes on.
    private static let powers: [(name: String, power: UnsyncedFate?)] = [
        ("process", nil), ("lost", .lost), ("kept", .kept), ("drawn", .drawn),
    ]

    private static func power(named name: String) -> UnsyncedFate?? {
        powers.first { $0.name == name }.map(\.power)
    }

    private static func name(of power: UnsyncedFate?) -> String {
        powers.first { $0.power == power }?.name ?? "process"
    }
}
