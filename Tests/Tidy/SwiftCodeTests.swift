import XCTest

/// The checks below are only as good as what reads the sources.
final class SwiftCodeTests: XCTestCase {
    func testBlanksCommentsAndStringsAndKeepsLines() {
        let code = SwiftCode(
            """
            let a = 1 // Unmanaged {
            /* { two
            lines */ let b = "{ \\(x.map { "}" }) {"
            let c = #"{"k":\\#(v)}"#
            """
        )
        XCTAssertEqual(code.lines, ["let a = 1 ", "", " let b = ", "let c = "])
    }

    func testMeasuresFunctions() {
        let code = SwiftCode(
            """
            protocol P {
                func requirement()
                func other(
                    a: Int
                ) -> Int
            }
            struct S {
                func one() { }
                init(
                    a: Int
                ) {
                    if a > 0 { print("}") }
                }
            }
            """
        )
        XCTAssertEqual(code.functions.map(\.firstLine), [8, 9])
        XCTAssertEqual(code.functions.map(\.lineCount), [1, 5])
    }
}
