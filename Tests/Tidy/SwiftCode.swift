/// Swift source with the insides of comments and string literals blanked out, line by line as it was: what is left can
/// be searched for words and braces.
struct SwiftCode {
    let lines: [Substring]

    init(_ source: String) {
        var scanner = Scanner(Array(source.unicodeScalars))
        lines = scanner.blanked().split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// A function, initialiser or deinitialiser with a body.
    struct Function {
        var firstLine: Int
        var lineCount: Int
    }

    /// Every function in the file, nested ones too.
    var functions: [Function] {
        lines.indices.compactMap { index in
            guard Self.declaresFunction(lines[index]) else { return nil }
            var depth = 0
            var parentheses = 0
            for (offset, line) in lines[index...].enumerated() {
                for character in line {
                    switch character {
                    case "(", "[": parentheses += 1
                    case ")", "]": parentheses -= 1
                    case "{": depth += 1
                    case "}":
                        depth -= 1
                        if depth == 0 && parentheses == 0 {
                            return Function(firstLine: index + 1, lineCount: offset + 1)
                        }
                    default: break
                    }
                    // The enclosing type ends: a requirement without a body.
                    if depth < 0 { return nil }
                }
                let next = lines.index(after: index + offset)
                if depth == 0 && parentheses == 0 && !line.contains("{") && next < lines.endIndex {
                    let follows = lines[next].drop { $0 == " " }
                    let continues = ["{", "where", "->", "throws", "async", ")"].contains { follows.hasPrefix($0) }
                    if !continues { return nil }
                }
            }
            return nil
        }
    }

    private static func declaresFunction(_ line: Substring) -> Bool {
        let words = line.split { !$0.isLetter && $0 != "`" }
        guard let first = words.first(where: { !modifiers.contains($0) }) else { return false }
        return ["func", "init", "deinit"].contains(first)
    }

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private", "static", "class", "final", "override", "mutating",
        "nonmutating", "consuming", "borrowing", "nonisolated", "convenience", "required", "indirect", "prefix",
        "postfix", "infix", "discardableResult", "inlinable", "MainActor",
    ]

    /// Walks the source once and keeps only what is code.
    private struct Scanner {
        private let scalars: [Unicode.Scalar]
        private var position = 0
        private var output = String.UnicodeScalarView()

        init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

        mutating func blanked() -> String {
            while position < scalars.count {
                if starts(with: "//") {
                    skip { $0 == "\n" }
                } else if starts(with: "/*") {
                    skipBlockComment()
                } else if let hashes = openingQuote() {
                    skipString(hashes: hashes)
                } else {
                    output.append(scalars[position])
                    position += 1
                }
            }
            return String(output)
        }

        private func starts(with text: String, at place: Int? = nil) -> Bool {
            let start = place ?? position
            return scalars[start...].starts(with: text.unicodeScalars)
        }

        private mutating func skip(until isEnd: (Unicode.Scalar) -> Bool) {
            while position < scalars.count && !isEnd(scalars[position]) { position += 1 }
        }

        private mutating func skipBlockComment() {
            while position < scalars.count && !starts(with: "*/") { keepNewline() }
            position = min(position + 2, scalars.count)
        }

        private mutating func keepNewline() {
            if scalars[position] == "\n" { output.append("\n") }
            position += 1
        }

        /// How many `#` stand before a quote here; nil where no string begins.
        private func openingQuote() -> Int? {
            var place = position
            while place < scalars.count && scalars[place] == "#" { place += 1 }
            return place < scalars.count && scalars[place] == "\"" ? place - position : nil
        }

        private mutating func skipString(hashes: Int) {
            position += hashes
            let isMultiline = starts(with: "\"\"\"")
            let quote = isMultiline ? "\"\"\"" : "\""
            position += quote.count
            let end = quote + String(repeating: "#", count: hashes)
            let escape = "\\" + String(repeating: "#", count: hashes)
            while position < scalars.count && !starts(with: end) {
                guard starts(with: escape) else {
                    if !isMultiline && scalars[position] == "\n" { return }
                    keepNewline()
                    continue
                }
                position += escape.count
                if position < scalars.count && scalars[position] == "(" {
                    skipInterpolation()
                } else if position < scalars.count {
                    keepNewline()
                }
            }
            position = min(position + end.count, scalars.count)
        }

        private mutating func skipInterpolation() {
            var depth = 0
            while position < scalars.count {
                if let hashes = openingQuote() {
                    skipString(hashes: hashes)
                    continue
                }
                if scalars[position] == "(" { depth += 1 }
                if scalars[position] == ")" { depth -= 1 }
                keepNewline()
                if depth == 0 { return }
            }
        }
    }
}
