import Raft

/// The state of a simulated disk: names, files, and what was synced of both. The same calls in the same order give the
/// same state.
struct SimulatedVolume: Sendable {
    /// By number; those of removed names stay, for whoever has them open.
    private var files: [SimulatedFile] = []
    private var names: [String: Int] = [:]
    /// For each name changed since its directory was last synced: what it stood for before each change.
    private var unsyncedNames: [String: [Int?]] = [:]
    var locked: Set<String> = []

    var usedBytes: Int { Set(names.values).reduce(0) { $0 + files[$1].current.count } }

    func file(at path: String) -> Int? { names[path] }

    subscript(file: Int) -> SimulatedFile {
        _read { yield files[file] }
        _modify { yield &files[file] }
    }

    func list(_ directory: String) -> [String] {
        names.keys.filter { Self.directory(of: $0) == directory }.map {
            String($0.dropFirst(directory.isEmpty ? 0 : directory.count + 1))
        }
        .sorted()
    }

    func hasDirectory(_ path: String) -> Bool {
        path.isEmpty || names[path].map { files[$0].isDirectory } == true
    }

    mutating func create(_ path: String, _ file: SimulatedFile) -> Int {
        files.append(file)
        setName(path, files.count - 1)
        return files.count - 1
    }

    mutating func rename(_ path: String, to newPath: String) {
        let file = names[path]
        setName(newPath, file)
        setName(path, nil)
    }

    mutating func remove(_ path: String) { setName(path, nil) }

    mutating func syncDirectory(_ path: String) {
        unsyncedNames = unsyncedNames.filter { Self.directory(of: $0.key) != path }
    }

    /// Makes everything durable, as it is for a disk that was in order for long.
    mutating func syncAll() {
        for file in files.indices { files[file].sync() }
        unsyncedNames = [:]
    }

    /// The power fails: each unsynced name stands for any of the things it stood for since, each unsynced sector for
    /// the old or the new bytes.
    mutating func loseUnsynced(_ fate: UnsyncedFate, using random: inout SplitMix64) {
        for (name, before) in unsyncedNames.sorted(by: { $0.key < $1.key }) {
            switch fate {
            case .lost: names[name] = before[0]
            case .kept: break
            case .drawn:
                let choices = before + [names[name]]
                names[name] = choices[Int(random.next(below: UInt64(choices.count)))]
            }
        }
        unsyncedNames = [:]
        // A lost directory takes with it what is in it.
        for name in names.keys where !hasDirectory(Self.directory(of: name)) { names[name] = nil }
        for file in files.indices { files[file].loseUnsynced(fate, using: &random) }
        locked = []
    }

    private mutating func setName(_ path: String, _ file: Int?) {
        guard names[path] != file else { return }
        unsyncedNames[path, default: []].append(names[path])
        names[path] = file
    }

    static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
