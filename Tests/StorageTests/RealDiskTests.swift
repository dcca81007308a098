import Dispatch
import Foundation
import Raft
import SimulatedDisk
import Storage
import Synchronization
import XCTest

/// The file system itself.
final class RealDiskTests: StorageTestCase {
    private var path = ""

    override func setUpWithError() throws {
        path = NSTemporaryDirectory() + "tandem-storage-\(UUID().uuidString)"
    }

    override func tearDownWithError() throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }

    private func open(incarnation: Incarnation = 1) throws -> DataDirectory {
        var settings = settings(segmentBytes: 64 << 10, firstSegmentBytes: 8 << 10)
        settings.preparesInBackground = true
        settings.now = StorageSettings.monotonicNow
        return try DataDirectory.open(
            on: RealDisk(path: path + "/deeper/data"),
            node: "a",
            incarnation: incarnation,
            settings: settings
        )
    }

    func testAWorkloadIsThereAfterAReopen() throws {
        let directory = try open()
        try directory.adopt(cluster: cluster, formation: [1])
        var model = LogModel()
        for call in Workload(seed: 9, calls: 300, payloadBytesMax: 1000).calls {
            try directory.persist(call)
            for part in call { model.apply(part) }
        }
        XCTAssertGreaterThan(directory.syncLatencies.quantile(0.99) ?? .zero, .zero)
        XCTAssertGreaterThan(directory.room.freeBytes ?? 0, 0)
        try directory.close()
        let again = try open(incarnation: 2)
        XCTAssertEqual(try contents(of: again), model)
        XCTAssertEqual(again.identity.incarnation, 1)
        try again.close()
    }

    /// What a killed process leaves: no seal, the lock gone with it.
    func testAWorkloadIsThereWithoutAClose() throws {
        var model = LogModel()
        do {
            let directory = try open()
            try directory.adopt(cluster: cluster, formation: [1])
            for call in Workload(seed: 10, calls: 50).calls {
                try directory.persist(call)
                for part in call { model.apply(part) }
            }
        }
        XCTAssertEqual(try contents(of: open()), model)
    }

    /// Segments are made ahead by a thread of their own, asked for by the writer and by whoever asks for the room left.
    func testSegmentsMadeAheadWhileOthersAskForRoom() throws {
        var settings = settings(segmentBytes: 4096, firstSegmentBytes: 1024)
        settings.preparesInBackground = true
        let disk = try RealDisk(path: path)
        let directory = try DataDirectory.open(on: disk, node: "a", incarnation: 1, settings: settings)
        try directory.adopt(cluster: cluster, formation: nil)
        let done = Atomic(false)
        let askers = DispatchGroup()
        for _ in 0..<3 {
            DispatchQueue.global().async(group: askers) {
                while !done.load(ordering: .acquiring) { XCTAssertTrue(directory.room.acceptsProposals) }
            }
        }
        var model = LogModel()
        for call in Workload(seed: 12, calls: 400, payloadBytesMax: 600).calls {
            try directory.persist(call)
            for part in call { model.apply(part) }
        }
        done.store(true, ordering: .releasing)
        XCTAssertEqual(askers.wait(timeout: .now() + 30), .success)
        try directory.close()
        let again = try DataDirectory.open(on: disk, node: "a", incarnation: 1, settings: settings)
        XCTAssertEqual(try contents(of: again), model)
        XCTAssertGreaterThan(try disk.list("log").count, 50)
    }

    func testTheLockNamesTheDirectory() throws {
        let directory = try open()
        XCTAssertThrowsError(try open()) { error in
            XCTAssertEqual((error as? StorageError)?.code, .locked)
            XCTAssertTrue("\(error)".contains(path + "/deeper/data"), "\(error)")
        }
        try directory.close()
        _ = try open()
    }

    /// A child process holds the lock.
    func testAnotherProcessIsRefused() throws {
        try open().close()
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = [path + "/deeper/data/lock", "cat"]
        let input = Pipe()
        let output = Pipe()
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        input.fileHandleForWriting.write(Data([65]))
        // What it echoes it wrote with the lock held.
        XCTAssertEqual(output.fileHandleForReading.readData(ofLength: 1), Data([65]))
        assertThrows("locked", try open())
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()
        _ = try open()
    }

    /// The system may write and read less than it was asked to.
    func testShortReadsAndWritesGoOn() throws {
        let disk = try RealDisk(path: path, bytesPerCallMax: 7)
        let file = try disk.open("x", creating: true)
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try file.write(bytes, at: 3)
        try file.sync()
        XCTAssertEqual(try file.read(at: 0, count: 2000), [0, 0, 0] + bytes)
        XCTAssertEqual(try file.read(at: 503, count: 10), Array(bytes[500..<510]))
        XCTAssertEqual(try file.read(at: 5000, count: 10), [])
    }

    func testNamesAndSizes() throws {
        let disk = try RealDisk(path: path)
        XCTAssertNil(try disk.size("x"))
        assertThrows("notFound", try disk.open("x", creating: false))
        assertThrows("notFound", try disk.list("d"))
        try disk.createDirectory("d")
        try disk.createDirectory("d")
        let file = try disk.open("d/x", creating: true)
        try file.truncate(to: 100)
        XCTAssertEqual(try file.size(), 100)
        XCTAssertEqual(try disk.size("d/x"), 100)
        try disk.rename("d/x", to: "d/y")
        try disk.syncDirectory("d")
        try disk.syncDirectory("")
        XCTAssertEqual(try disk.list("d"), ["y"])
        XCTAssertEqual(try disk.list(""), ["d"])
        try disk.remove("d/y")
        try disk.remove("d/y")
        XCTAssertEqual(try disk.list("d"), [])
        XCTAssertGreaterThan(try disk.freeBytes(), 0)
    }

    func testErrorsSayWhatToDo() throws {
        try Data([1]).write(to: URL(fileURLWithPath: path))
        XCTAssertThrowsError(try RealDisk(path: path + "/data")) { error in
            guard let error = error as? StorageError else { return XCTFail("\(error)") }
            XCTAssertEqual(error.code, .ioError)
            XCTAssertEqual(error.cause, ENOTDIR)
            XCTAssertTrue(error.description.contains(path), error.description)
        }
    }

    /// A real disk without room: `/dev/full` refuses every write.
    func testNoRoomIsDiskFull() throws {
        let disk = try RealDisk(path: "/dev")
        let file = try disk.open("full", creating: false)
        assertThrows("diskFull", try file.write([1], at: 0))
    }
}
