import FoundationEssentials

/// Names the time since the machine was last started (random(4), `boot_id`).
enum BootID {
    static func current() throws -> String {
        let bytes = try Data(contentsOf: URL(filePath: "/proc/sys/kernel/random/boot_id"))
        return String(decoding: bytes, as: UTF8.self)
    }
}
