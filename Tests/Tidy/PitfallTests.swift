import XCTest

/// The index of pitfalls is true: each has a test that carries its number, or a reason for having none.
final class PitfallTests: XCTestCase {
    /// The numbers in the index, with the reasons for having no test.
    private func index() throws -> [String: String] {
        var reasons: [String: String] = [:]
        for line in try SourceTree.file("Tests/Pitfalls.md").lines {
            guard let row = line.wholeMatch(of: /\| ([A-G]\d+) \| .+ \| ?(.*) ?\|/) else { continue }
            let number = String(row.1)
            XCTAssertNil(reasons[number], "\(number) is listed twice")
            reasons[number] = row.2.filter { $0 != " " }.isEmpty ? "" : String(row.2)
        }
        return reasons
    }

    /// The numbers that names of tests carry: `testB12B13…` stands for two.
    private func tested() throws -> [String: String] {
        var tests: [String: String] = [:]
        for file in try SourceTree.files(in: "Tests", "swift") {
            for line in SwiftCode(file.text).lines {
                guard let name = line.firstMatch(of: /func (test((?:[A-G]\d+)+)\w*)\(/) else { continue }
                for number in name.2.matches(of: /[A-G]\d+/) { tests[String(number.0)] = String(name.1) }
            }
        }
        return tests
    }

    func testEachPitfallHasATestOrAReasonForNone() throws {
        let (index, tested) = (try index(), try tested())
        XCTAssertGreaterThan(index.count, 80)
        for (number, reason) in index {
            if reason.isEmpty {
                XCTAssertNotNil(tested[number], "no test carries \(number)")
            } else {
                XCTAssertNil(tested[number], "\(number) has a test, though it is said that \(reason)")
            }
        }
        for (number, test) in tested where index[number] == nil {
            XCTFail("\(test) carries \(number), which is not listed")
        }
    }
}
