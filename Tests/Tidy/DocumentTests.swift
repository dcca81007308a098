import Foundation
import XCTest

/// What is written for readers is true.
final class DocumentTests: XCTestCase {
    private func documents() throws -> [SourceTree.File] {
        try [SourceTree.file("README.md")] + SourceTree.files(in: "Sources", "md")
            + SourceTree.files(in: "deploy", "md")
    }

    func testRelativeLinksLeadSomewhere() throws {
        for document in try documents() {
            let folder = document.path.split(separator: "/").dropLast().joined(separator: "/")
            for match in document.text.matches(of: /\]\(([^)\s]+)\)/) {
                let target =
                    match.1.split(separator: "#", omittingEmptySubsequences: false).first.map(String.init) ?? ""
                guard !target.isEmpty, !target.contains("://"), !target.hasPrefix("doc:") else { continue }
                let path = folder.isEmpty ? target : "\(folder)/\(target)"
                XCTAssertTrue(SourceTree.exists(path), "\(document.path) links to \(target), which is not there")
            }
        }
    }

    func testTheReadmeHasAParagraphForEachTargetThatSaysWhereToStart() throws {
        let paragraphs = try SourceTree.file("README.md").text.split(separator: #/\n\n|\n\d+\. /#)
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appendingPathComponent("Sources").path
        )
        for target in folders.sorted() {
            let paragraph = try XCTUnwrap(
                paragraphs.first { $0.contains("(Sources/\(target))") },
                "README.md does not lead to Sources/\(target)"
            )
            let links = paragraph.matches(of: /\((Sources\/[^)]+\.(?:swift|h))\)/).map { String($0.1) }
            XCTAssertTrue(
                links.contains { $0.hasPrefix("Sources/\(target)/") && SourceTree.exists($0) },
                "README.md does not say with which file of Sources/\(target) to start"
            )
        }
    }

    func testTheReadmeListsEachDependency() throws {
        let package = try SourceTree.file("Package.swift").text
        let readme = try SourceTree.file("README.md").text
        let dependencies = package.matches(of: /url: "https:\/\/github\.com\/[^\/]+\/([^"]+)"/).map { String($0.1) }
        XCTAssertFalse(dependencies.isEmpty)
        for dependency in dependencies {
            XCTAssertTrue(readme.contains(dependency), "README.md does not list \(dependency)")
        }
    }

    func testScriptsStopAtTheFirstError() throws {
        for script in try SourceTree.scripts() where !script.path.hasSuffix(".sh") {
            XCTAssertTrue(script.text.hasPrefix("#!/usr/bin/env bash\n"), script.path)
            XCTAssertTrue(script.text.contains("\nset -euo pipefail\n"), script.path)
            let attributes = try FileManager.default.attributesOfItem(
                atPath: SourceTree.root.appendingPathComponent(script.path).path
            )
            let permissions = try XCTUnwrap(attributes[.posixPermissions] as? NSNumber).intValue
            XCTAssertEqual(permissions & 0o111, 0o111, "\(script.path) can't be run")
        }
    }
}
