extension Duration {
    /// Whole milliseconds as libcurl takes them, rounded up, at least 1 (0 would mean "no limit"), at most 24 days.
    var curlMilliseconds: Int {
        let milliseconds = (self / .milliseconds(1)).rounded(.up)
        return Int(min(max(milliseconds, 1), Double(Int32.max)))
    }
}
