import XCTest

@testable import tandem

final class EnvironmentArgumentsTests: XCTestCase {
    private let options = [
        CommandOption(name: "max-message", kind: .option, isRepeating: false),
        CommandOption(name: "voter", kind: .option, isRepeating: true),
        CommandOption(name: "insecure", kind: .flag, isRepeating: false),
    ]

    private func completed(_ arguments: [String], _ environment: [String: String]) throws -> [String] {
        try EnvironmentArguments(arguments, options: options, environment: environment).arguments
    }

    func testAVariableStandsForItsOption() throws {
        XCTAssertEqual(
            try completed(["serve"], ["TANDEM_MAX_MESSAGE": "2MiB"]),
            ["serve", "--max-message=2MiB"]
        )
    }

    func testTheCommandLineWins() throws {
        XCTAssertEqual(
            try completed(["serve", "--max-message", "1MiB"], ["TANDEM_MAX_MESSAGE": "2MiB"]),
            ["serve", "--max-message", "1MiB"]
        )
        XCTAssertEqual(
            try completed(["serve", "--max-message=1MiB"], ["TANDEM_MAX_MESSAGE": "2MiB"]),
            ["serve", "--max-message=1MiB"]
        )
    }

    func testWhatComesAfterTwoDashesIsNoOption() throws {
        XCTAssertEqual(
            try completed(["serve", "--", "--insecure"], ["TANDEM_INSECURE": "1"]),
            ["serve", "--insecure", "--", "--insecure"]
        )
    }

    func testARepeatableOptionIsAListWithCommas() throws {
        XCTAssertEqual(
            try completed(["serve"], ["TANDEM_VOTER": "a=http://h:1,b=http://h:2"]),
            ["serve", "--voter=a=http://h:1", "--voter=b=http://h:2"]
        )
    }

    func testAFlagIsYesOrNo() throws {
        XCTAssertEqual(try completed(["serve"], ["TANDEM_INSECURE": "true"]), ["serve", "--insecure"])
        XCTAssertEqual(try completed(["serve"], ["TANDEM_INSECURE": "0"]), ["serve"])
        XCTAssertThrowsError(try completed(["serve"], ["TANDEM_INSECURE": "perhaps"])) { error in
            XCTAssertEqual(
                "\(error)",
                "TANDEM_INSECURE is \"perhaps\"; it takes 1, true or yes, or 0, false or no"
            )
        }
    }

    func testEmptyAndUnknownVariablesSayNothing() throws {
        XCTAssertEqual(try completed(["serve"], ["TANDEM_MAX_MESSAGE": "", "TANDEM_OTHER": "1"]), ["serve"])
        XCTAssertEqual(try completed([], ["TANDEM_MAX_MESSAGE": "1"]), [])
    }

    func testSaysWhichVariablesWereUsed() throws {
        let completed = try EnvironmentArguments(
            ["serve", "--max-message=1"],
            options: options,
            environment: ["TANDEM_MAX_MESSAGE": "2", "TANDEM_INSECURE": "1"]
        )
        XCTAssertEqual(completed.variables, ["TANDEM_INSECURE"])
    }
}
