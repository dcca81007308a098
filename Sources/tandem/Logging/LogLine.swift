import Logging
import Messaging

/// One thing that happened, before it is written.
struct LogLine: Sendable {
    var time: Timestamp
    var level: Logger.Level
    var label: String
    var message: String
    /// Sorted by key.
    var metadata: [(key: String, value: String)]

    /// `2026-11-23T18:36:54.120Z info raft: became leader term=4`. Values with spaces are quoted; control characters
    /// are escaped, so that one line stays one line.
    var text: String {
        var text = "\(time) \(level.rawValue) \(label): \(Self.escaped(message, quoting: false))"
        for (key, value) in metadata { text += " \(key)=\(Self.escaped(value, quoting: true))" }
        return text
    }

    /// One JSON object: `time`, `level`, `label`, `message`, and `metadata` where there is any.
    var json: String {
        var text = #"{"time":"\#(time)","level":"\#(level.rawValue)","label":"#
        text += Self.jsonString(label) + #","message":"# + Self.jsonString(message)
        if !metadata.isEmpty {
            let pairs = metadata.map { Self.jsonString($0.key) + ":" + Self.jsonString($0.value) }
            text += #","metadata":{"# + pairs.joined(separator: ",") + "}"
        }
        return text + "}"
    }

    private static func escaped(_ value: String, quoting: Bool) -> String {
        let plain = value.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        let needsQuotes = quoting && (value.isEmpty || value.contains { $0 == " " || $0 == "\"" || $0 == "=" })
        return plain && !needsQuotes ? value : jsonString(value)
    }

    private static func jsonString(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.properties.generalCategory == .control:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
