// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is held to the same rules: Swift 6, explicit existentials, imports that say what they expose.
let rules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heaps = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "tandem",
    products: [
        .executable(name: "tandem", targets: ["tandem"]),
        .library(name: "TandemClient", targets: ["TandemClient"]),
        .library(name: "TandemTesting", targets: ["TandemTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The pure core.
        .target(name: "Raft", dependencies: [collections], swiftSettings: rules),
        .target(name: "Messaging", swiftSettings: rules),

        // Threads of our own, for work that waits.
        .target(name: "CThreads"),
        .target(name: "CClock"),
        .target(name: "Threads", dependencies: ["CThreads"], swiftSettings: rules),

        // The thin shell, from the disk and the network up to the command.
        .target(name: "Storage", dependencies: ["Raft"], swiftSettings: rules),
        .target(name: "SimulatedDisk", dependencies: ["Raft", "Storage"], swiftSettings: rules),
        .target(
            name: "Simulation",
            dependencies: ["Messaging", "Raft", "SimulatedDisk", "Storage", collections],
            swiftSettings: rules
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Raft", "Simulation", argumentParser],
            swiftSettings: rules
        ),
        .target(name: "StorageView", dependencies: ["Raft", "Storage", grdb], swiftSettings: rules),
        .target(name: "CMicroHTTPD", linkerSettings: [.linkedLibrary("microhttpd")]),
        .target(
            name: "HTTPServer",
            dependencies: ["CMicroHTTPD", "Threads", httpTypes, logging],
            swiftSettings: rules
        ),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl-gnutls")]),
        .target(name: "HTTPClient", dependencies: ["CCurl", "Threads", collections, httpTypes], swiftSettings: rules),
        .target(
            name: "Cluster",
            dependencies: [
                "CClock", "HTTPClient", "Messaging", "Raft", "Storage", "StorageView", "Threads", collections,
                httpTypes,
                logging,
            ],
            swiftSettings: rules
        ),
        .target(
            name: "Gateway",
            dependencies: ["Cluster", "HTTPClient", "HTTPServer", "Messaging", "Raft", "Storage", httpTypes, logging],
            resources: [.embedInCode("openapi.yaml")],
            swiftSettings: rules
        ),
        .target(name: "TandemClient", dependencies: ["HTTPClient", "Messaging", httpTypes], swiftSettings: rules),
        .target(
            name: "TandemTesting",
            dependencies: ["HTTPClient", "TandemClient", httpTypes],
            swiftSettings: rules
        ),
        .executableTarget(
            name: "tandem",
            dependencies: [
                "Cluster", "Gateway", "HTTPClient", "HTTPServer", "Messaging", "Raft", "Storage", "StorageView",
                "TandemClient", argumentParser, logging,
            ],
            swiftSettings: rules
        ),

        // One test target for each of them.
        .testTarget(name: "RaftTests", dependencies: ["Raft"], swiftSettings: rules),
        .testTarget(name: "MessagingTests", dependencies: ["Messaging"], swiftSettings: rules),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Raft", "Storage", "SimulatedDisk"],
            swiftSettings: rules
        ),
        .testTarget(
            name: "StorageViewTests",
            dependencies: ["Raft", "Storage", "StorageView"],
            swiftSettings: rules
        ),
        .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer", httpTypes, logging], swiftSettings: rules),
        .target(name: "SocketTestSupport", path: "Tests/SocketTestSupport", swiftSettings: rules),
        .testTarget(
            name: "HTTPClientTests",
            dependencies: ["HTTPClient", "SocketTestSupport", httpTypes],
            swiftSettings: rules
        ),
        .testTarget(
            name: "TandemClientTests",
            dependencies: ["HTTPClient", "SocketTestSupport", "TandemClient", httpTypes],
            swiftSettings: rules
        ),
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "Cluster", "HTTPClient", "HTTPServer", "Messaging", "Raft", "SimulatedDisk", "Storage", "StorageView",
                httpTypes, logging,
            ],
            swiftSettings: rules
        ),
        .target(
            name: "GatewayTestSupport",
            dependencies: ["Cluster", "Gateway", "HTTPClient", "HTTPServer", "Messaging", "Raft", httpTypes, logging],
            path: "Tests/GatewayTestSupport",
            swiftSettings: rules
        ),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Cluster", "Gateway", "GatewayTestSupport", "HTTPClient", "HTTPServer", "Messaging",
                "OpenAPITestSupport", "Raft", "SocketTestSupport", httpTypes, logging,
            ],
            swiftSettings: rules
        ),
        .testTarget(
            name: "TandemTests",
            dependencies: [
                "Cluster", "Gateway", "HTTPServer", "Messaging", "Raft", "Storage", "TandemClient", "tandem",
                argumentParser, logging,
            ],
            swiftSettings: rules
        ),

        // openapi.yaml, to hold answers against.
        .target(
            name: "OpenAPITestSupport",
            dependencies: [httpTypes, yams],
            path: "Tests/OpenAPITestSupport",
            swiftSettings: rules
        ),

        // And tests of the whole: on real processes, and of the sources themselves.
        .testTarget(
            name: "ContractTests",
            dependencies: [
                "Cluster", "Gateway", "GatewayTestSupport", "HTTPClient", "HTTPServer", "OpenAPITestSupport", "Raft",
                httpTypes, logging,
            ],
            path: "Tests/Contract",
            swiftSettings: rules
        ),
        .target(name: "ProcessTestSupport", path: "Tests/ProcessTestSupport", swiftSettings: rules),
        .testTarget(
            name: "AcceptanceTests",
            dependencies: [
                "HTTPClient", "OpenAPITestSupport", "ProcessTestSupport", "TandemClient", "TandemTesting", httpTypes,
            ],
            path: "Tests/Acceptance",
            swiftSettings: rules
        ),
        .testTarget(
            name: "ChaosTests",
            dependencies: [
                "HTTPClient", "ProcessTestSupport", "Raft", "Storage", "TandemClient", "TandemTesting", httpTypes,
            ],
            path: "Tests/Chaos",
            swiftSettings: rules
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Messaging", "Raft", "SimulatedDisk", "Simulation"],
            path: "Tests/Simulation",
            exclude: ["Scenarios"],
            swiftSettings: rules
        ),
        .testTarget(name: "TidyTests", path: "Tests/Tidy", swiftSettings: rules),
    ]
)
