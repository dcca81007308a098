import XCTest

/// What may be used where.
final class BoundaryTests: XCTestCase {
    private func code(in file: SourceTree.File, matches pattern: some RegexComponent) -> [Int] {
        SwiftCode(file.text).lines.enumerated().filter { $0.element.contains(pattern) }.map { $0.offset + 1 }
    }

    func testThePureCoreImportsNothingThatDoesInputOrOutput() throws {
        let allowed: [String: Set<String>] = [
            "Raft": ["DequeModule", "HeapModule"], "Messaging": [],
            "Simulation": ["DequeModule", "Messaging", "Raft", "SimulatedDisk", "Storage", "Synchronization"],
        ]
        for file in try SourceTree.swiftSources() {
            guard let allowed = allowed[file.target] else { continue }
            for line in SwiftCode(file.text).lines {
                guard let match = line.firstMatch(of: /^\s*(?:\w+\s+)?import\s+(?:\w+\s+)?(\w+)/) else { continue }
                XCTAssertTrue(allowed.contains(String(match.1)), "\(file.path) imports \(match.1)")
            }
        }
    }

    func testThePureCoreReadsNoClockAndDrawsNoRandomNumbers() throws {
        for file in try SourceTree.swiftSources() where ["Raft", "Messaging", "Simulation"].contains(file.target) {
            for line in code(
                in: file,
                matches: /ContinuousClock|SuspendingClock|SystemRandomNumberGenerator|\.random\(in:[^,]*\)/
            ) {
                XCTFail("\(file.path):\(line) reads a clock or draws a random number of its own")
            }
        }
    }

    func testOnlyTestingHelpersImportAllOfFoundation() throws {
        for file in try SourceTree.swiftSources() where file.target != "TandemTesting" {
            XCTAssertEqual(code(in: file, matches: /\bimport\s+Foundation\s*$/), [], "\(file.path) imports Foundation")
        }
    }

    func testUnmanagedReferencesStayBehindTheWallsToC() throws {
        for file in try SourceTree.swiftSources() where !Self.isWall(file) {
            XCTAssertEqual(code(in: file, matches: /\bUnmanaged\b/), [], "\(file.path) uses Unmanaged")
        }
    }

    func testUncheckedSendableStaysBehindTheWallsAndSaysWhy() throws {
        for file in try SourceTree.swiftSources() {
            for line in code(in: file, matches: /@unchecked\s+Sendable/) {
                XCTAssertTrue(Self.isWall(file), "\(file.path):\(line) is @unchecked Sendable outside of a wall")
                let before = file.lines[..<(line - 1)].suffix(2).joined()
                XCTAssertTrue(before.contains("//"), "\(file.path):\(line) does not say why it is @unchecked Sendable")
            }
        }
    }

    func testLibrariesDoNotPrint() throws {
        for file in try SourceTree.swiftSources() where !["simulate", "tandem", "TandemTesting"].contains(file.target) {
            XCTAssertEqual(code(in: file, matches: /\b(print|debugPrint|dump)\(/), [], "\(file.path) prints")
        }
    }

    func testNothingIsForced() throws {
        for file in try SourceTree.swiftSources() {
            XCTAssertEqual(code(in: file, matches: /\btry!|\bas!|\bfatalError\(/), [], "\(file.path) forces")
        }
    }

    func testNoWorkIsLeftForLater() throws {
        let files = try SourceTree.allSwift() + SourceTree.files(in: "Sources", "c", "h", "md") + SourceTree.scripts()
        // Put together here, so that this file has none itself.
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        for file in files {
            for (number, line) in file.lines.enumerated() where marks.contains(where: line.contains) {
                XCTFail("\(file.path):\(number + 1) leaves work for later")
            }
        }
    }

    /// The files that talk to C libraries or to the disk by pointers.
    private static func isWall(_ file: SourceTree.File) -> Bool {
        switch file.target {
        case "HTTPServer": file.name.hasPrefix("MHD")
        case "HTTPClient": file.name.hasPrefix("Curl")
        case "Threads": file.name == "ThreadStart.swift"
        default: false
        }
    }
}
