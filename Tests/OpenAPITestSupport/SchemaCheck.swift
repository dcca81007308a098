import Foundation

/// Checks a JSON value against a schema of openapi.yaml: as much of JSON Schema as that file uses.
package struct SchemaCheck {
    let document: OpenAPI

    package init(document: OpenAPI) { self.document = document }

    /// What is wrong, with the place; empty if nothing is. `null` counts as `NSNull`.
    package func mistakes(of value: Any, against schema: Any?, at place: String = "body") throws -> [String] {
        let schema = try document.resolve(schema)
        if let choices = schema["anyOf"] as? [Any] {
            let each = try choices.map { try self.mistakes(of: value, against: $0, at: place) }
            return each.contains([]) ? [] : ["\(place) fits none: \(each)"]
        }
        var mistakes: [String] = []
        let types = schema["type"] as? [String] ?? (schema["type"] as? String).map { [$0] } ?? []
        if !types.isEmpty, !types.contains(where: { Self.isA(value, $0) }) {
            return ["\(place) is \(value), not \(types.joined(separator: " or "))"]
        }
        if let allowed = schema["enum"] as? [String], let text = value as? String, !allowed.contains(text) {
            mistakes.append("\(place) is \(text), not one of \(allowed)")
        }
        if let pattern = schema["pattern"] as? String, let text = value as? String,
            try Regex(pattern).firstMatch(in: text) == nil
        {
            mistakes.append("\(place) is \(text), not like \(pattern)")
        }
        if let minimum = schema["minimum"] as? Int, let number = value as? NSNumber, number.intValue < minimum {
            mistakes.append("\(place) is \(number), below \(minimum)")
        }
        if let items = value as? [Any], let schema = schema["items"] {
            for (position, item) in items.enumerated() {
                mistakes += try self.mistakes(of: item, against: schema, at: "\(place)[\(position)]")
            }
        }
        if let object = value as? [String: Any] {
            mistakes += try membersMistakes(of: object, against: schema, at: place)
        }
        return mistakes
    }

    private func membersMistakes(
        of object: [String: Any],
        against schema: OpenAPI.Object,
        at place: String
    ) throws -> [String] {
        var mistakes: [String] = []
        let properties = schema["properties"] as? OpenAPI.Object ?? [:]
        for name in schema["required"] as? [String] ?? [] where object[name] == nil {
            mistakes.append("\(place).\(name) is missing")
        }
        for (name, value) in object {
            if let property = properties[name] {
                mistakes += try self.mistakes(of: value, against: property, at: "\(place).\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                mistakes.append("\(place).\(name) is not documented")
            }
        }
        return mistakes
    }

    private static func isA(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "null": return value is NSNull
        case "string": return value is String
        case "array": return value is [Any]
        case "object": return value is [String: Any]
        case "boolean":
            return (value as? NSNumber).map { $0 === NSNumber(value: true) || $0 === NSNumber(value: false) }
                ?? (value is Bool)
        case "integer":
            return !isA(value, "boolean")
                && (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } ?? (value is Int)
        case "number": return !isA(value, "boolean") && (value is NSNumber || value is Double || value is Int)
        default: return false
        }
    }
}
