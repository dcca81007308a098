/// A path as openapi.yaml writes it: `/messages/{id}`. A name in braces stands for one segment that is not empty.
package struct PathTemplate: Hashable, Sendable, CustomStringConvertible {
    private enum Segment: Hashable, Sendable {
        case literal(Substring)
        case variable(String)
    }

    package let description: String
    private let segments: [Segment]

    package init(_ template: String) {
        precondition(template.hasPrefix("/"), "a path template starts with a slash: \(template)")
        description = template
        segments = template.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            segment.hasPrefix("{") && segment.hasSuffix("}")
                ? .variable(String(segment.dropFirst().dropLast())) : .literal(segment)
        }
    }

    /// Whether it stands for one path only.
    var isLiteral: Bool {
        segments.allSatisfy { segment in
            if case .literal = segment { true } else { false }
        }
    }

    /// What the names stand for in `path`, or nil if it is another path.
    func match(_ path: String) -> [String: String]? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            switch segment {
            case .literal(let text):
                guard part == text else { return nil }
            case .variable(let name):
                guard !part.isEmpty else { return nil }
                values[name] = String(part)
            }
        }
        return values
    }
}
