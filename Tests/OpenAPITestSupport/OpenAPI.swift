import Foundation
import Yams

/// openapi.yaml of this package, with references looked up.
package struct OpenAPI {
    package typealias Object = [String: Any]

    package struct Mistake: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    package struct Operation {
        package var method: String
        package var path: String
        package var object: Object

        package var name: String { "\(method) \(path)" }
    }

    package let text: String
    package let root: Object

    package init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "openapi.yaml")
        text = try String(contentsOf: file, encoding: .utf8)
        guard let root = try Yams.load(yaml: text) as? Object else {
            throw Mistake(description: "openapi.yaml is not a mapping")
        }
        self.root = root
    }

    /// What stands at a place such as `components/schemas`.
    package func object(at path: String) throws -> Object {
        var object = root
        for name in path.split(separator: "/") {
            guard let next = object[String(name)] as? Object else {
                throw Mistake(description: "openapi.yaml has no \(path)")
            }
            object = next
        }
        return object
    }

    /// The object itself, or the one that its `$ref` names.
    package func resolve(_ value: Any?) throws -> Object {
        guard let object = value as? Object else { throw Mistake(description: "\(value ?? "nothing") is no object") }
        guard let reference = object["$ref"] as? String else { return object }
        guard reference.hasPrefix("#/") else { throw Mistake(description: "\(reference) leads out of the file") }
        return try resolve(self.object(at: String(reference.dropFirst(2))))
    }

    /// Every method of every path.
    package func operations() throws -> [Operation] {
        try object(at: "paths").flatMap { path, methods in
            try resolve(methods).map { method, operation in
                Operation(method: method.uppercased(), path: path, object: try resolve(operation))
            }
        }.sorted { $0.name < $1.name }
    }

    package func parameters(of operation: Operation) throws -> [Object] {
        try (operation.object["parameters"] as? [Any] ?? []).map(resolve)
    }

    /// Documented answers by status.
    package func responses(of operation: Operation) throws -> [String: Object] {
        guard let responses = operation.object["responses"] as? Object else {
            throw Mistake(description: "\(operation.name) has no responses")
        }
        return try responses.mapValues(resolve)
    }

    /// Every `$ref` in the file.
    package func references() -> [String] {
        func collect(_ value: Any) -> [String] {
            switch value {
            case let object as Object:
                object.flatMap { name, value in
                    if name == "$ref", let reference = value as? String { return [reference] }
                    return collect(value)
                }
            case let list as [Any]: list.flatMap(collect)
            default: []
            }
        }
        return collect(root)
    }
}
