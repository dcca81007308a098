/// Text of unknown origin, made safe for a terminal.
enum PlainText {
    /// One line without control characters: those that would move the cursor, colour the screen or begin a new line are
    /// written out.
    static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.properties.generalCategory == .control || isInvisibleDirection(scalar):
                line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }

    /// Overrides of the writing direction, by which a text can pretend to be another.
    private static func isInvisibleDirection(_ scalar: Unicode.Scalar) -> Bool {
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}
