import Messaging
import Raft
import XCTest

@testable import Cluster

final class PeerCodingTests: XCTestCase {
    private let sender = MemberIdentity(id: "a", incarnation: Incarnation(.max))
    private let receiver = MemberIdentity(id: "b", incarnation: 7)
    private let cluster = ClusterID(high: 1, low: 2)

    func testRequestsSurviveTheWire() throws {
        let entry = Entry(id: EntryID(term: 2, index: 5), kind: .command, payload: [7], after: .empty)
        let append = AppendEntries(
            term: 2,
            previous: EntryID(term: 1, index: 4),
            previousChain: ChainValue(.max),
            entries: [entry],
            commit: 3
        )
        try assertSurvives(.appendEntries(append), PeerPath.replicate, ReplicateBody(append))
        let heartbeat = Heartbeat(term: 9, commit: 8, round: 7)
        try assertSurvives(.heartbeat(heartbeat), PeerPath.replicate, ReplicateBody(heartbeat))
        let mark = HistoryMark(entry: EntryID(term: 3, index: 8), chain: ChainValue(.max))
        for verdict in [HistoryVerdict.open, .majority, .nobody] {
            let marked = Heartbeat(term: 9, commit: 8, round: 7, mark: mark, verdict: verdict)
            try assertSurvives(.heartbeat(marked), PeerPath.replicate, ReplicateBody(marked))
        }
        let last = EntryID(term: 3, index: 2)
        for vote in [
            RequestVote(term: 4, isPreVote: true, lastEntry: last),
            RequestVote(term: 4, isPreVote: false, lastEntry: last, isTransfer: true),
        ] {
            try assertSurvives(.requestVote(vote), PeerPath.vote, VoteBody(vote))
        }
        let question = ReadIndex(term: 5, round: 1 << 52)
        try assertSurvives(.readIndex(question), PeerPath.readIndex, ReadIndexBody(question))
        let handOver = TimeoutNow(term: 5)
        try assertSurvives(.timeoutNow(handOver), PeerPath.takeOver, TakeOverBody(handOver))
        let snapshot = Snapshot(
            last: EntryID(term: 3, index: 40),
            chain: ChainValue(7),
            membership: Membership([.init(id: "a", kind: .voter, incarnation: 1, url: "http://127.0.0.1:1")]),
            state: [1, 2, 3]
        )
        let install = InstallSnapshot(term: 4, snapshot: snapshot)
        let body = SnapshotBody(install, cluster: ClusterID(high: 1, low: 2))
        try assertSurvives(.installSnapshot(install), PeerPath.snapshot, body)
    }

    func testRepliesSurviveTheWire() throws {
        let accepted = AppendEntries.Reply(term: 2, outcome: .accepted(match: 7))
        let conflict = AppendEntries.Reply(
            term: 2,
            outcome: .conflict(rejected: 9, hint: EntryID(term: 1, index: 3))
        )
        for reply in [accepted, conflict] {
            let body = try roundTrip(ReplicateReplyBody(reply))
            XCTAssertEqual(body.reply, .appendEntries(reply))
        }
        let heartbeat = Heartbeat.Reply(term: 3, round: 5)
        XCTAssertEqual(try roundTrip(ReplicateReplyBody(heartbeat)).reply, .heartbeat(heartbeat))
        var history = Heartbeat.Comparison()
        history.equalThrough = 4
        history.different = HistoryMark(entry: EntryID(term: 3, index: 8), chain: ChainValue(1))
        history.own = ChainValue(2)
        history.end = HistoryMark(entry: EntryID(term: 3, index: 9), chain: ChainValue(3))
        let compared = Heartbeat.Reply(term: 3, round: 5, history: history)
        XCTAssertEqual(try roundTrip(ReplicateReplyBody(compared)).reply, .heartbeat(compared))
        let vote = RequestVote.Reply(term: 3, isPreVote: false, granted: true)
        XCTAssertEqual(try roundTrip(VoteReplyBody(vote)).reply, .requestVote(vote))
        for index in [LogIndex(9), nil] {
            let answer = ReadIndex.Reply(term: 6, round: 1 << 52, index: index)
            XCTAssertEqual(try roundTrip(ReadIndexReplyBody(answer)).reply, .readIndex(answer))
        }
        let tookOver = TimeoutNow.Reply(term: 6)
        XCTAssertEqual(try roundTrip(TakeOverBody(tookOver)).reply, .timeoutNow(tookOver))
    }

    func testARequestOfAnotherClusterOrForAnotherNodeIsForeign() throws {
        let body = try encoded(VoteBody(RequestVote(term: 1, isPreVote: false, lastEntry: .zero)), to: receiver)
        let others = [
            PeerRequest.Receiver(cluster: ClusterID(high: 1, low: 3), member: receiver),
            PeerRequest.Receiver(cluster: cluster, member: MemberIdentity(id: "c", incarnation: 7)),
            PeerRequest.Receiver(cluster: cluster, member: MemberIdentity(id: "b", incarnation: 8)),
        ]
        for receiver in others {
            let result = PeerRequest.decode(path: PeerPath.vote, body: body, receiver: receiver, received: 0) { _ in }
            guard case .failure(let refusal) = result, case .foreign = refusal.response else {
                return XCTFail("passed on for \(receiver)")
            }
        }
    }

    func testTheEpochOfASenderSurvivesTheWire() throws {
        let vote = VoteBody(RequestVote(term: 1, isPreVote: false, lastEntry: .zero))
        let here = PeerRequest.Receiver(cluster: cluster, member: receiver)
        func received(_ note: EpochNote?) throws -> Epoch? {
            let body = try encoded(vote, to: receiver, note)
            return try? PeerRequest.decode(path: PeerPath.vote, body: body, receiver: here, received: 0) { _ in }.get()
                .epoch
        }
        let epoch = Epoch(number: 3, id: .max, parent: 1 << 63, fork: LogIndex(1 << 40))
        XCTAssertEqual(try received(EpochNote(epoch)), epoch)
        XCTAssertEqual(try received(EpochNote(.initial)), .initial)
        var damaged = try XCTUnwrap(EpochNote(epoch))
        damaged.parent = "x"
        XCTAssertNil(try received(damaged))
    }

    func testNonsenseIsMalformed() throws {
        let empty = try encoded(ReplicateBody(), to: receiver)
        for body in [[], Array("{}".utf8), Array("[1]".utf8), empty] {
            let here = PeerRequest.Receiver(cluster: cluster, member: receiver)
            let result = PeerRequest.decode(path: PeerPath.replicate, body: body, receiver: here, received: 0) {
                _ in
            }
            guard case .failure(let refusal) = result, case .malformed = refusal.response else {
                return XCTFail("passed on: \(String(decoding: body, as: UTF8.self))")
            }
        }
    }

    func testAFoundingSurvivesTheWire() throws {
        let membership = Membership([
            .init(id: "b", kind: .voter, incarnation: Incarnation(.max), url: "http://127.0.0.1:2"),
            .init(id: "a", kind: .witness, incarnation: 1, url: "http://127.0.0.1:1"),
        ])
        let founded = try roundTrip(FormRequest.Founded(cluster: cluster, membership: membership))
        XCTAssertEqual(founded.membership?.0, cluster)
        XCTAssertEqual(founded.membership?.1, membership)
        var twice = founded
        twice.members.append(founded.members[0])
        XCTAssertNil(twice.membership)
    }

    private func assertSurvives(
        _ request: RPCRequest,
        _ path: String,
        _ body: some Codable & Sendable,
        line: UInt = #line
    ) throws {
        let here = PeerRequest.Receiver(cluster: cluster, member: receiver)
        let result = PeerRequest.decode(
            path: path,
            body: try encoded(body, to: receiver),
            receiver: here,
            received: 55
        ) { _ in }
        let decoded = try result.get()
        XCTAssertEqual(decoded.received, 55, line: line)
        XCTAssertEqual(decoded.request, request, line: line)
        XCTAssertEqual(decoded.from, sender, line: line)
        XCTAssertEqual(decoded.hlc, HybridTimestamp(rawValue: 77), line: line)
    }

    private func encoded(
        _ body: some Codable & Sendable,
        to receiver: MemberIdentity,
        _ epoch: EpochNote? = nil
    ) throws -> [UInt8] {
        try PeerJSON.encode(
            PeerEnvelope(
                cluster: cluster.description,
                from: PeerName(sender),
                to: PeerName(receiver),
                epoch: epoch,
                hlc: HybridTimestamp(rawValue: 77),
                body: body
            )
        )
    }

    private func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
        try PeerJSON.decode(Value.self, from: try PeerJSON.encode(value))
    }
}
