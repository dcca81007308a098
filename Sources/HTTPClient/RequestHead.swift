import HTTPTypes

/// The header list of a request, in the form libcurl takes. Pure.
enum RequestHead {
    /// "Name: value" lines, each ended by a NUL.
    ///
    /// A line "Name:" without a value keeps libcurl from adding that field on its own: `Expect: 100-continue` would
    /// cost
    /// a round trip, the others would say what the caller did not say. An empty value is written "Name;".
    static func lines(for request: HTTPClientRequest, sendsBody: Bool) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(256)
        var hasAccept = false
        var hasContentType = false
        for field in request.headers {
            let name = field.name
            if name == .contentLength || name == .transferEncoding || name == .expect { continue }
            hasAccept = hasAccept || name == .accept
            hasContentType = hasContentType || name == .contentType
            lines.append(contentsOf: name.rawName.utf8)
            lines.append(contentsOf: field.value.isEmpty ? ";".utf8 : ": ".utf8)
            lines.append(contentsOf: field.value.utf8)
            lines.append(0)
        }
        if !hasAccept { lines.append(contentsOf: "Accept:\0".utf8) }
        if sendsBody {
            if !hasContentType { lines.append(contentsOf: "Content-Type:\0".utf8) }
            lines.append(contentsOf: "Expect:\0".utf8)
        }
        return lines
    }
}
