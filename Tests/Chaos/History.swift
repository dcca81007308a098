import Foundation
import HTTPClient
import HTTPTypes
import XCTest

/// All messages of a cluster, as a reader finds them.
struct History {
    let messages: [Ledger.Receipt]

    private struct Page: Decodable {
        var messages: [Ledger.Receipt]
        var next: String
        var more: Bool
    }

    /// Reads everything a node has, page by page, linearizably.
    static func read(from url: String) async throws -> History {
        let http = HTTPClient(name: "history")
        defer { http.close() }
        var messages: [Ledger.Receipt] = []
        var target = "/messages?limit=1000"
        while true {
            let response = try await http.send(HTTPClientRequest(url: url + target, timeout: .seconds(20)))
            guard response.status == .ok else {
                throw LoadError(description: "GET \(target): \(String(decoding: response.body, as: UTF8.self))")
            }
            let page = try JSONDecoder().decode(Page.self, from: Data(response.body))
            messages += page.messages
            guard page.more else { return History(messages: messages) }
            target = page.next
        }
    }

    /// Checks what every client was promised.
    func assertKeeps(_ ledger: Ledger, file: StaticString = #filePath, line: UInt = #line) {
        let entries = ledger.entries
        assertIsInOrder(file: file, line: line)
        let contents = Dictionary(grouping: messages, by: \.content)
        for (content, found) in contents where found.count > 1 {
            XCTFail("\(content) is there \(found.count) times, as \(found.map(\.id))", file: file, line: line)
        }
        var lastOfSender: [String: UInt64] = [:]
        for receipt in entries.acknowledged {
            XCTAssertEqual(contents[receipt.content]?.first, receipt, "acknowledged", file: file, line: line)
            if let last = lastOfSender.updateValue(receipt.id, forKey: receipt.sender) {
                XCTAssertGreaterThan(receipt.id, last, "\(receipt.sender)'s order", file: file, line: line)
            }
        }
        for content in entries.refused where contents[content] != nil {
            XCTFail("\(content) was refused as not accepted, and is there", file: file, line: line)
        }
        let acknowledged = Set(entries.acknowledged.map(\.content))
        for content in contents.keys where !acknowledged.contains(content) && !entries.unknown.contains(content) {
            XCTFail("\(content) is there, and no client sent it", file: file, line: line)
        }
    }

    /// Ids and clock readings grow, timestamps never go back.
    private func assertIsInOrder(file: StaticString, line: UInt) {
        for (one, next) in zip(messages, messages.dropFirst()) {
            XCTAssertLessThan(one.id, next.id, "ids grow", file: file, line: line)
            XCTAssertLessThan(one.hlc, next.hlc, "clock readings grow", file: file, line: line)
            XCTAssertLessThanOrEqual(one.timestamp, next.timestamp, "timestamps don't go back", file: file, line: line)
        }
    }
}
