import Foundation
import HTTPClient
import HTTPTypes
import TandemTesting
import XCTest

/// A small file system of its own, as root can make one.
struct SmallDisk {
    let path: URL

    /// - Throws: `XCTSkip` where this process may not mount anything.
    static func make(mebibytes: Int) throws -> SmallDisk {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-disk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        do {
            try Shell.run(["mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=700", "tmpfs", path.path])
        } catch let failure as Shell.Failure {
            try FileManager.default.removeItem(at: path)
            throw XCTSkip("mounting a small file system is not permitted here: \(failure)")
        }
        return SmallDisk(path: path)
    }

    func remove() throws {
        try Shell.run(["umount", path.path])
        try FileManager.default.removeItem(at: path)
    }
}

/// The disk is full: nothing is promised that can't be kept, reads go on, and so do writes once there is room.
final class DiskFullTests: ChaosTestCase {
    private let http = HTTPClient(name: "disk-full")

    private var disk: SmallDisk?

    override func tearDown() async throws {
        http.close()
        try await super.tearDown()
        try disk?.remove()
    }

    func testWritesAreRefusedUntilThereIsRoomAgain() async throws {
        let disk = try SmallDisk.make(mebibytes: 24)
        self.disk = disk
        let ballast = disk.path.appendingPathComponent("ballast")
        try Data(count: 12 << 20).write(to: ballast)
        let cluster = try await startCluster(
            nodes: 1,
            flags: ["--segment-size", "2MiB", "--reserve", "256KiB"],
            in: disk.path
        )
        let url = cluster.url(of: "a")

        var acknowledged: [String] = []
        var refusal: HTTPClientResponse?
        // 64 KiB each: the disk is full long before the last one.
        for number in 1...400 where refusal == nil {
            let response = try await send(number, to: url)
            if response.status == .created { acknowledged.append(content(number)) } else { refusal = response }
        }
        XCTAssertEqual(
            refusal?.status.code,
            507,
            refusal.map { String(decoding: $0.body, as: UTF8.self) } ?? "never full"
        )
        XCTAssertGreaterThan(acknowledged.count, 10)
        XCTAssertNotNil(cluster.processID(of: "a"), "the node goes on")
        let history = try await History.read(from: url)
        XCTAssertEqual(history.messages.map(\.content), acknowledged, "reads go on and show what was acknowledged")

        try FileManager.default.removeItem(at: ballast)
        let deadline = ContinuousClock.now + .seconds(30)
        var resumed = false
        while !resumed && ContinuousClock.now < deadline {
            resumed = try await send(1000, to: url).status == .created
            if !resumed { try await Task.sleep(for: .milliseconds(50)) }
        }
        XCTAssertTrue(resumed, "writes go on by themselves")
        let later = try await History.read(from: url)
        XCTAssertEqual(later.messages.map(\.content), acknowledged + [content(1000)])

        try await cluster.kill("a")
        try await cluster.restart("a")
        let restarted = try await History.read(from: url)
        XCTAssertEqual(restarted.messages, later.messages, "the same after a crash")
    }

    private func content(_ number: Int) -> String { "\(number) " + String(repeating: "x", count: 64 << 10) }

    private func send(_ number: Int, to url: String) async throws -> HTTPClientResponse {
        let body = try JSONEncoder().encode(["sender": "filler", "recipient": "disk", "content": content(number)])
        return try await http.send(
            HTTPClientRequest(
                method: .post,
                url: url + "/messages",
                headers: [.contentType: "application/json"],
                body: Array(body)
            )
        )
    }
}
