import Foundation
import GatewayTestSupport
import Messaging
import XCTest

@testable import Gateway

/// Our JSON against Foundation's.
final class JSONTests: XCTestCase {
    func testReadsWhatFoundationReads() throws {
        let texts = [
            "{}", " { } ", #"{"a":"b"}"#, "{\"a\"\n:\t\"b\" , \"c\":[1,2,{\"d\":null}]}", #"{"":""}"#,
            #"{"a":-0,"b":0.5,"c":1e9,"d":-12.5E-3,"e":10}"#, #"{"a":true,"b":false,"c":null}"#,
            #"{"a":"\"\\\/\b\f\n\r\t"}"#, #"{"a":"\u0041\u00e9\u20ac\ud83d\ude00\uFFFF"}"#, #"{"é":"日本"}"#,
            "[]", "[[],[[]]]", "\"x\"", "0", "true", "null",
        ]
        for text in texts {
            let expected = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            let document = try JSONScanner.document(Array(text.utf8), membersMax: 10)
            guard case .object(let members) = document else {
                XCTAssertFalse(expected is [String: Any], text)
                continue
            }
            let object = try XCTUnwrap(expected as? [String: Any], text)
            XCTAssertEqual(Set(members.map(\.name)), Set(object.keys), text)
            for member in members {
                if case .string(let value) = member.value {
                    XCTAssertEqual(object[member.name] as? String, value, text)
                }
            }
        }
    }

    func testRefusesEveryBrokenFormOfAText() throws {
        let text = Array(#"{"a":"\u00e9","b":[1,{"c":null}],"d":-1.5e3}"#.utf8)
        XCTAssertNoThrow(try JSONScanner.document(text, membersMax: 10))
        for end in text.indices {
            XCTAssertThrowsError(try JSONScanner.document(Array(text[..<end]), membersMax: 10))
        }
    }

    func testNeverTrapsOnDamagedText() {
        var generator = SystemRandomNumberGenerator()
        let text = Array(
            #"{"sender":"alice","recipient":"b\u00e9\ud83d\ude00","content":[1,-2.5e7,true,{"x":null}]}"#.utf8
        )
        for _ in 0..<20_000 {
            var damaged = text
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: damaged.indices, using: &generator)
                damaged[place] = UInt8.random(in: .min ... .max, using: &generator)
            }
            let isOurs = (try? JSONScanner.document(damaged, membersMax: 10)) != nil
            let isFoundations = (try? JSONSerialization.jsonObject(with: Data(damaged))) != nil
            // Foundation takes more than RFC 8259 has; never less.
            if isOurs { XCTAssertTrue(isFoundations, String(decoding: damaged, as: UTF8.self)) }
        }
    }

    func testKeepsNoMoreMembersThanAskedFor() throws {
        let many = "{" + (0..<100).map { "\"k\($0)\":0" }.joined(separator: ",") + "}"
        let document = try JSONScanner.document(Array(many.utf8), membersMax: 3)
        XCTAssertEqual(document, .object(["k0", "k1", "k2"].map { .init(name: $0, value: .number("0")) }))
    }

    func testCountsLinesAndColumnsInBytes() {
        XCTAssertThrowsError(try JSONScanner.document(Array("{\n \"é\": x}".utf8), membersMax: 1)) { error in
            let error = error as? JSONSyntaxError
            XCTAssertEqual(error?.offset, 9)
            XCTAssertEqual(error?.line, 2)
            XCTAssertEqual(error?.column, 8)
        }
    }

    func testWritesMessagesThatFoundationReads() throws {
        let everything = String(String.UnicodeScalarView((0..<0x250).compactMap(Unicode.Scalar.init))) + "日本😀\u{2028}"
        for content in ["", "plain", everything, "\"", "\\"] {
            let message = Message(
                id: .max,
                sender: "a\"b",
                recipient: "é",
                content: content,
                hlc: FakeReplica.stamp(of: 7)
            )
            var written: [UInt8] = []
            written.append(json: message)
            XCTAssertEqual(try JSONDecoder().decode(Message.self, from: Data(written)), message)
        }
    }
}
