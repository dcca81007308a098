import Glibc

/// What a server needs of its process as a whole.
enum ProcessSettings {
    /// Called once, before anything is opened.
    static func prepare() {
        // A peer that hangs up shows as an error of the write, which is handled; the signal would end the process.
        signal(SIGPIPE, SIG_IGN)
        raiseOpenFilesLimit()
    }

    /// Each connection takes one open file; the usual soft limit of 1024 is kept only for programs that use select(2).
    private static func raiseOpenFilesLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        // Not permitted: the server goes on with fewer connections and refuses those beyond.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
