/// Bytes on their way to a stream's client: pure. Bounded, so that a client that does not read costs no more than its
/// buffer.
struct StreamState {
    enum Phase: Equatable {
        /// Can transition to: `finishing`, `cut`, `over`.
        case open
        /// Nothing more may be written; what is buffered goes out. Can transition to: `cut`, `over`.
        case finishing
        /// Its client is too slow or gone: the connection is to be closed. Can transition to: `over`.
        case cut
        /// The connection has ended. Can transition to: nothing.
        case over
    }

    /// What a change means for the one who made it.
    enum Action: Equatable {
        /// The loop will see it by itself.
        case none
        /// Tell the loop.
        case tell
        /// It changed nothing: the stream is finished, cut or over.
        case refused
    }

    /// What the library gets when it asks for bytes.
    enum Supply: Equatable {
        case bytes(ArraySlice<UInt8>)
        /// Nothing now: suspend.
        case wait
        /// The body is complete.
        case end
        /// Close the connection.
        case abort
    }

    /// Where the library stands.
    private enum Reader {
        /// It asks by itself.
        case active
        /// It was told to wait, its connection suspended.
        case waiting
        /// It waits, and the loop has been told of more: said once for all that is written until then.
        case told
    }

    private(set) var phase = Phase.open
    private var reader = Reader.active
    private var buffer: [UInt8] = []
    private var sent = 0
    private let bufferBytesMax: Int

    init(first: [UInt8] = [], bufferBytesMax: Int) {
        buffer = first
        self.bufferBytesMax = bufferBytesMax
    }

    var bufferedBytes: Int { buffer.count - sent }

    /// Buffers bytes. More than `bufferBytesMax` are held only if they come in one piece; then the next write cuts the
    /// stream.
    mutating func write(_ bytes: [UInt8]) -> Action {
        guard phase == .open else { return .refused }
        guard bufferedBytes == 0 || bufferedBytes + bytes.count <= bufferBytesMax else {
            cut()
            return .tell
        }
        if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
        return wake()
    }

    mutating func finish() -> Action {
        guard phase == .open else { return .refused }
        phase = .finishing
        return wake()
    }

    /// Gives the client up.
    mutating func cut() {
        guard phase == .open || phase == .finishing else { return }
        phase = .cut
        buffer = []
        sent = 0
    }

    /// The next bytes for the library.
    mutating func next(atMost count: Int) -> Supply {
        switch phase {
        case .cut, .over:
            return .abort
        case .open, .finishing:
            guard bufferedBytes > 0 else {
                if phase == .finishing { return .end }
                reader = .waiting
                return .wait
            }
            let bytes = buffer[sent..<min(buffer.count, sent + count)]
            sent = bytes.endIndex
            if sent == buffer.count { (buffer, sent) = ([], 0) }
            return .bytes(bytes)
        }
    }

    /// The loop goes on with a waiting connection. False when it was not waiting.
    mutating func stopWaiting() -> Bool {
        defer { reader = .active }
        return reader != .active
    }

    /// The connection has ended. True the first time.
    mutating func end() -> Bool {
        defer { (phase, buffer, sent) = (.over, [], 0) }
        return phase != .over
    }

    private mutating func wake() -> Action {
        guard reader == .waiting else { return .none }
        reader = .told
        return .tell
    }
}
