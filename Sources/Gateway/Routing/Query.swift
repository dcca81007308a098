/// The query parameters of one request: all of them known to its route.
package struct Query: Sendable {
    private let parameters: [(name: String, value: String)]

    /// - Throws: a problem that names the first parameter `route` does not have.
    init(_ parameters: [(name: String, value: String)], for route: Route) throws(Problem) {
        for (name, _) in parameters where !route.parameters.contains(name) {
            if route.laterParameters.contains(name) {
                throw Problem(
                    .notSupportedYet,
                    "The parameter \(name) is not supported by this version.",
                    .init(parameter: name, allowed: route.parameters)
                )
            }
            let known = route.parameters.isEmpty ? "has none" : "has \(route.parameters.joined(separator: ", "))"
            throw Problem(
                .unknownParameter,
                "There is no parameter \(name): \(route.method) \(route.path) \(known).",
                .init(parameter: name, allowed: route.parameters)
            )
        }
        self.parameters = parameters
    }

    /// Every value of a parameter that may be repeated.
    func all(_ name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }

    /// The value of a parameter that stands there at most once.
    func one(_ name: String) throws(Problem) -> String? {
        let values = all(name)
        guard values.count <= 1 else {
            throw Problem(
                .invalidParameter,
                "The parameter \(name) is given \(values.count) times; once is allowed.",
                .init(parameter: name)
            )
        }
        return values.first
    }

    /// A whole number in `range`, in decimal digits.
    func number(_ name: String, in range: ClosedRange<UInt64>) throws(Problem) -> UInt64? {
        guard let text = try one(name) else { return nil }
        guard let number = UInt64(decimalDigits: text), range.contains(number) else {
            throw Self.invalid(name, text, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// One of the words of an enumeration.
    func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String) throws(Problem) -> Word? {
        guard let text = try one(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw Self.invalid(name, text, "one of these", Word.allCases.map(\.rawValue))
        }
        return word
    }

    static func invalid(_ name: String, _ value: String, _ rule: String, _ allowed: [String]? = nil) -> Problem {
        let list = allowed.map { ": \($0.joined(separator: ", "))" } ?? ""
        return Problem(
            .invalidParameter,
            "The parameter \(name) is \"\(value)\"; allowed is \(rule)\(list).",
            .init(parameter: name, allowed: allowed)
        )
    }
}

extension UInt64 {
    /// A number written in decimal digits alone: no sign, no space.
    init?(decimalDigits text: some StringProtocol) {
        guard text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        self.init(text)
    }
}
