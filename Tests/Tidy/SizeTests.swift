import XCTest

/// How long things may be.
final class SizeTests: XCTestCase {
    func testNoFileIsLongerThan400Lines() throws {
        for file in try SourceTree.allSwift() + SourceTree.files(in: "Sources", "c", "h") {
            XCTAssertLessThanOrEqual(file.lines.count, 400, file.path)
        }
    }

    func testNoLineIsLongerThan120Columns() throws {
        let files = try SourceTree.allSwift() + SourceTree.files(in: "Sources", "c", "h") + SourceTree.scripts()
        for file in files {
            for (number, line) in file.lines.enumerated() where line.count > 120 {
                XCTFail("\(file.path):\(number + 1) has \(line.count) columns")
            }
        }
    }

    func testNoFunctionIsLongerThan70Lines() throws {
        for file in try SourceTree.allSwift() {
            for function in SwiftCode(file.text).functions where function.lineCount > 70 {
                XCTFail("\(file.path):\(function.firstLine): a function of \(function.lineCount) lines")
            }
        }
    }

    func testMostSourceFilesAreShort() throws {
        let counts = try SourceTree.swiftSources().map(\.lines.count).sorted()
        XCTAssertLessThanOrEqual(counts[counts.count / 2], 120, "the median length of a source file")
    }
}
