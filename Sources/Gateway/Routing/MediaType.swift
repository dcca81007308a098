import HTTPServer
import HTTPTypes

/// `type/subtype; name=value` as in `Content-Type` and `Accept` (RFC 9110 §8.3.1), names in lower case.
struct MediaType: Equatable {
    var type: String
    var subtype: String
    var parameters: [String: String]

    /// Nil if the text does not have that form.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let name = (parts.first ?? "").trimmed.lowercased()
        let halves = name.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy({ !$0.isEmpty }), !name.contains(" ") else { return nil }
        type = String(halves[0])
        subtype = String(halves[1])
        parameters = [:]
        for part in parts.dropFirst() where !part.trimmed.isEmpty {
            let pair = part.trimmed.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { return nil }
            var value = pair[1].trimmed
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            parameters[pair[0].trimmed.lowercased()] = value.lowercased()
        }
    }

    var name: String { "\(type)/\(subtype)" }
}

extension MediaType {
    static let json = "application/json"

    /// - Throws: 415 unless the body is JSON in UTF-8.
    static func requireJSON(_ request: Request) throws(Problem) {
        if let coding = request.header(.contentEncoding), coding.lowercased() != "identity" {
            throw unsupported("The Content-Encoding is \(coding); a body is taken only as it is.")
        }
        guard let text = request.header(.contentType) else {
            throw unsupported("The request has no Content-Type; it must be application/json.")
        }
        if text == json { return }
        guard let mediaType = MediaType(text) else {
            throw unsupported("The Content-Type \"\(text)\" is not a media type; it must be application/json.")
        }
        if mediaType.name == "application/x-ndjson" {
            throw unsupported(
                "Several messages as application/x-ndjson are not supported by this version; send each by itself as "
                    + "application/json."
            )
        }
        guard mediaType.name == json else {
            throw unsupported("The Content-Type is \(mediaType.name); it must be application/json.")
        }
        if let charset = mediaType.parameters["charset"], charset != "utf-8", charset != "utf8" {
            throw unsupported("The charset is \(charset); JSON is UTF-8.")
        }
    }

    private static func unsupported(_ detail: String) -> Problem {
        Problem(.unsupportedMediaType, detail, headers: [.accept: json])
    }

    /// - Throws: 406 unless the client takes JSON (RFC 9110 §12.5.1).
    static func requireAcceptsJSON(_ request: Request) throws(Problem) {
        guard let first = request.header(.accept), first != "*/*", first != json else { return }
        guard let accept = request.headers[.accept], !accept.trimmed.isEmpty else { return }
        var best: (precision: Int, quality: Double) = (-1, 0)
        for range in accept.split(separator: ",") {
            guard let mediaType = MediaType(range) else { continue }
            let precision: Int
            switch mediaType.name {
            case json: precision = 2
            case "application/*": precision = 1
            case "*/*": precision = 0
            default: continue
            }
            let quality = mediaType.parameters["q"].map { Double($0) ?? 0 } ?? 1
            if precision > best.precision { best = (precision, quality) }
        }
        guard best.quality > 0 else {
            throw Problem(
                .notAcceptable,
                "This resource comes as application/json, which Accept (\(accept)) rules out.",
                .init(allowed: [json])
            )
        }
    }
}

extension StringProtocol {
    /// Without the white space HTTP allows around parts of a field.
    var trimmed: SubSequence {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let start = firstIndex(where: { !isSpace($0) }), let end = lastIndex(where: { !isSpace($0) }) else {
            return self[endIndex...]
        }
        return self[start...end]
    }
}
