import ArgumentParser

/// How much a node takes and keeps.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The most bytes of UTF-8 in a message's content; more gets 413.", valueName: "size"))
    var maxMessage = ByteCount.mebibytes(1)

    @Option(
        help: ArgumentHelp("The most connections at a time; one more gets 503 and is closed.", valueName: "count")
    )
    var connectionsMax = 12_000

    @Option(help: ArgumentHelp("The size of one log file, a segment; filled with zeros ahead.", valueName: "size"))
    var segmentSize = ByteCount.mebibytes(64)

    @Option(
        help: ArgumentHelp(
            "Disk space kept back, so that votes can still be written when the disk is full.",
            valueName: "size"
        )
    )
    var reserve = ByteCount.mebibytes(1)

    @Option(
        help: ArgumentHelp(
            """
            How long the node takes to read its whole log once in the background, to find what its disk has lost \
            while other nodes have copies. 0s: never.
            """,
            valueName: "duration"
        )
    )
    var scrubInterval = Duration.seconds(3600)

    func validate() throws {
        if !(1...(64 << 20)).contains(maxMessage.bytes) {
            throw ValidationError("--max-message takes 1 byte to 64MiB.")
        }
        if !(1...1_000_000).contains(connectionsMax) {
            throw ValidationError("--connections-max takes a number from 1 to 1000000.")
        }
        if !((64 << 10)...(1 << 30)).contains(segmentSize.bytes) {
            throw ValidationError("--segment-size takes 64KiB to 1GiB.")
        }
        if !(0...(1 << 30)).contains(reserve.bytes) {
            throw ValidationError("--reserve takes 0 to 1GiB.")
        }
    }
}
