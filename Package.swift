// swift-tools-version: 6.2

import PackageDescription

/// Every target is compiled with the same strictness; see CONTRIBUTING, "Concurrency".
///
/// `NonisolatedNonsendingByDefault` is not among them: with it, Swift 6.3.1 builds code that jumps to address 0 (Decision 0007).
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // Tests and debug builds check at run time that nothing is changed while it is in use; a release build need not (Decision 0020).
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

// MARK: - Libraries from elsewhere

extension Target.Dependency {
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioLocks = product(name: "NIOConcurrencyHelpers", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioWebSocket = product(name: "NIOWebSocket", package: "swift-nio")
    static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
    static let nioFoundation = product(name: "NIOFoundationCompat", package: "swift-nio")
    static let nioHTTPTypes = product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioHTTPTypesHTTP1 = product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let jwtKit = product(name: "JWTKit", package: "jwt-kit")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let logging = product(name: "Logging", package: "swift-log")
    static let metrics = product(name: "Metrics", package: "swift-metrics")
    static let collections = product(name: "DequeModule", package: "swift-collections")
    static let heaps = product(name: "HeapModule", package: "swift-collections")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let systemPackage = product(name: "SystemPackage", package: "swift-system")
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
}

// MARK: - Targets, from the ground up. `Tests/QuizTidyTests` checks that imports only point down.

/// A library target and, where it has one, its test target.
func part(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "quizmania",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "quizmania", targets: ["quizmania"]),
        .library(name: "QuizClient", targets: ["QuizClient", "QuizModel"]),
        // What `Tests/Benchmarks` measures; no interface for anybody else.
        .library(
            name: "QuizMeasured",
            targets: [
                "QuizModel", "QuizRoom", "QuizShards", "QuizWire", "QuizRoomHost", "QuizCluster", "QuizGateway",
                "QuizMesh",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.9.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.3.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.8.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    ],
    targets: [
        // C libraries of the system.
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

        // Ground: values and rules. No sockets, no clock.
        part("QuizModel", []),
        part("QuizRoom", ["QuizModel", .crypto]),
        part("QuizShards", ["QuizModel", .crypto]),
        part("QuizTelemetry", ["QuizModel", .logging, .metrics, .nioLocks]),
        part("QuizWire", ["QuizModel", "CZlib", .nioCore, .nioFoundation]),

        // Actors, services and the ports they declare.
        part(
            "QuizRoomHost",
            [
                "QuizModel", "QuizRoom", "QuizShards", "QuizWire", "QuizTelemetry", .nioCore, .nioLocks, .collections,
                .crypto, .logging, .serviceLifecycle,
            ]),
        part("QuizSocial", ["QuizModel", "QuizTelemetry", .nioLocks, .jwtKit, .crypto, .logging]),
        part("QuizContent", ["QuizModel"]),

        part(
            "QuizCluster",
            [
                "QuizModel", "QuizRoom", "QuizShards", "QuizWire", "QuizTelemetry", "QuizRoomHost", .nioCore, .nioLocks,
                .collections, .logging, .serviceLifecycle,
            ]),

        // Adapters: IO. They never import each other.
        part(
            "QuizGateway",
            [
                "QuizModel", "QuizRoom", "QuizWire", "QuizRoomHost", "QuizCluster", "QuizSocial", "QuizContent",
                "QuizTelemetry", .nioCore, .nioLocks, .nioPosix, .nioHTTP1, .nioHTTPTypes, .nioHTTPTypesHTTP1, .nioSSL,
                .nioFoundation,
                .hummingbirdCore, .collections, .heaps, .crypto, .logging, .serviceLifecycle,
            ]),
        part(
            "QuizHTTP",
            [
                "QuizModel", "QuizWire", "QuizRoomHost", "QuizSocial", "QuizContent", "QuizTelemetry",
                .hummingbird, .hummingbirdCore, .httpTypes, .nioCore, .nioLocks, .collections, .logging, .crypto,
            ]),
        part(
            "QuizMesh",
            [
                "QuizModel", "QuizShards", "QuizRoomHost", "QuizCluster", "QuizTelemetry", .nioCore, .nioLocks,
                .nioPosix, .nioSSL, .collections, .crypto, .logging, .serviceLifecycle,
            ]),
        part(
            "QuizPostgres",
            [
                "QuizModel", "QuizRoom", "QuizShards", "QuizRoomHost", "QuizSocial", "QuizContent", "QuizTelemetry",
                "QuizCluster", "CLibPQ", .nioLocks, .crypto, .logging, .serviceLifecycle, .collections,
            ],
            resources: [.embedInCode("Migrations")]),
        part(
            "QuizRedis",
            [
                "QuizModel", "QuizShards", "QuizWire", "QuizRoomHost", "QuizCluster", "QuizSocial", "QuizTelemetry",
                "CHiredis",
                .nioCore, .nioLocks, .nioPosix, .nioSSL, .crypto, .logging, .serviceLifecycle, .collections,
            ],
            resources: [
                "chat_fill", "chat_push", "cluster_beat", "presence_clear", "rate_limit",
                "revocations_merge", "shard_claim",
            ].map { .embedInCode("Scripts/\($0).lua") }),

        // Composition: a node, and the command line around it.
        part(
            "QuizNode",
            [
                "QuizModel", "QuizRoom", "QuizShards", "QuizWire", "QuizTelemetry", "QuizRoomHost", "QuizSocial",
                "QuizContent", "QuizCluster", "QuizGateway", "QuizHTTP", "QuizMesh", "QuizPostgres", "QuizRedis",
                .configuration, .serviceLifecycle, .unixSignals, .logging, .nioCore, .nioLocks, .nioPosix, .hummingbird,
                .hummingbirdCore, .systemPackage,
            ]),
        .executableTarget(
            name: "quizmania",
            dependencies: [
                "QuizModel", "QuizRoom", "QuizWire", "QuizRoomHost", "QuizContent", "QuizGateway", "QuizPostgres",
                "QuizNode", "QuizTelemetry", "QuizCluster", "QuizRedis", "QuizShards", "QuizClient", .argumentParser,
                .serviceLifecycle, .logging, .nioCore, .nioPosix,
                .hummingbirdCore,
                .httpTypes,
            ],
            swiftSettings: strict),

        // Beside it.
        part(
            "QuizClient",
            [
                "QuizModel", "QuizWire", .nioCore, .nioLocks, .nioPosix, .nioHTTP1, .nioWebSocket, .nioSSL,
            ]),
        part(
            "QuizTestKit",
            [
                "QuizModel", "QuizRoom", "QuizShards", "QuizRoomHost", "QuizCluster", "QuizSocial", "QuizContent",
                .nioLocks,
            ]),
        // PostgreSQL in a simulation: row versions, locks, orphaned processes; see its README.
        .target(
            name: "QuizSimulatedDatabase",
            dependencies: [
                "QuizPostgres", "QuizCluster", "QuizRoomHost", "QuizShards", "QuizModel",
            ],
            path: "Tests/Simulation/Database", exclude: ["README.md"], swiftSettings: strict),
        // A cluster in one process, in virtual time.
        .target(name: "CSimulatedMachine", path: "Tests/Simulation/Machine"),
        .target(
            name: "QuizSimulation",
            dependencies: [
                "CSimulatedMachine", "QuizModel", "QuizRoom", "QuizShards", "QuizWire", "QuizTelemetry",
                "QuizRoomHost", "QuizSocial", "QuizCluster", "QuizGateway", "QuizTestKit", "QuizSimulatedDatabase",
                .nioCore, .nioHTTP1, .nioLocks, .collections, .heaps, .logging, .serviceLifecycle,
            ],
            path: "Tests/Simulation/World", swiftSettings: strict),
        .executableTarget(
            name: "simulate",
            dependencies: [
                "QuizSimulation", "QuizSimulatedDatabase", "CSimulatedMachine", .nioLocks, .argumentParser,
            ],
            path: "Tests/Simulation/Command", swiftSettings: strict),
        // The simulated PostgreSQL beside a real one.
        .executableTarget(
            name: "agreement",
            dependencies: [
                "QuizSimulatedDatabase", "QuizPostgres", "QuizCluster", "QuizRoomHost", "QuizShards", "QuizModel",
                "CLibPQ", .logging, .argumentParser,
            ],
            path: "Tests/Simulation/Agreement", swiftSettings: strict),
        // A node that kills itself where its tests want it to.
        .executableTarget(
            name: "faultnode",
            dependencies: [
                "QuizNode", "QuizRoomHost", "QuizModel", "QuizShards", "QuizTelemetry", .logging, .nioLocks,
            ],
            path: "Tests/FaultNode", swiftSettings: strict),
        // What the node's HTTP answers are measured against.
        .executableTarget(
            name: "barehttp",
            dependencies: [.hummingbird, .httpTypes, .logging, .nioCore, .nioPosix],
            path: "Tests/Load/BareHTTP", swiftSettings: strict),
        tests(
            "QuizRoomHostTests",
            [
                "QuizRoomHost", "QuizCluster", "QuizRoom", "QuizModel", "QuizShards", "QuizTelemetry", "QuizTestKit",
                .nioCore, .nioLocks, .nioPosix, .logging,
            ]),
        tests("QuizRoomTests", ["QuizRoom", "QuizModel", "QuizTestKit"]),
        tests("QuizModelTests", ["QuizModel"]),
        tests(
            "QuizClusterTests",
            [
                "QuizCluster", "QuizShards", "QuizModel", "QuizRoom", "QuizRoomHost", "QuizWire", "QuizTestKit",
                .nioCore, .nioPosix, .nioLocks,
            ]),
        tests("QuizShardsTests", ["QuizShards", "QuizModel", "QuizTestKit"]),
        tests("QuizWireTests", ["QuizWire", "QuizTestKit", .nioCore]),
        tests(
            "QuizGatewayTests",
            [
                "QuizGateway", "QuizModel", "QuizRoomHost", "QuizWire", "QuizTestKit", .nioCore, .nioPosix, .nioSSL,
                .hummingbirdCore, .httpTypes, .logging, .serviceLifecycle,
            ]),
        tests(
            "QuizClientTests",
            [
                "QuizClient", "QuizModel", "QuizWire", "QuizRoom", "QuizRoomHost", "QuizCluster", "QuizGateway",
                "QuizSocial", "QuizTelemetry", "QuizTestKit", .nioCore, .nioLocks, .nioPosix, .hummingbirdCore,
                .httpTypes, .logging, .serviceLifecycle,
            ]),
        tests("QuizTelemetryTests", ["QuizTelemetry", "QuizModel", .logging, .metrics, .nioLocks]),
        tests("QuizTidyTests", []),
        tests(
            "QuizRedisTests",
            [
                "QuizRedis", "QuizCluster", "QuizShards", "QuizSocial", "QuizModel", "QuizTelemetry", "QuizTestKit",
                .nioCore, .nioLocks, .nioPosix, .nioSSL, .nioEmbedded, .logging, .serviceLifecycle,
            ]),
        tests(
            "QuizMeshTests",
            [
                "QuizMesh", "QuizModel", "QuizShards", "QuizRoomHost", "QuizCluster", "QuizTelemetry", "QuizTestKit",
                .nioCore, .nioLocks, .nioPosix, .logging,
            ],
            resources: [.copy("Corpus")]),
        tests(
            "QuizPostgresTests",
            [
                "QuizPostgres", "QuizSimulatedDatabase", "QuizModel", "QuizRoom", "QuizShards", "QuizRoomHost",
                "QuizSocial",
                "QuizContent", "QuizCluster", "CLibPQ", .nioLocks, .logging,
            ]),
        tests(
            "QuizSimulatedDatabaseTests",
            [
                "QuizSimulatedDatabase", "QuizPostgres", "QuizCluster", "QuizRoomHost", "QuizShards", "QuizModel",
                .nioLocks,
            ]),
        tests("QuizSchemaTests", ["QuizWire", "QuizModel"]),
        tests("QuizSocialTests", ["QuizSocial", "QuizModel", "QuizTestKit", .nioLocks]),
        // Starts the executable `simulate`, and is not linked with it.
        tests("QuizContentTests", ["QuizContent", "QuizModel", "QuizTestKit"]),
        tests(
            "QuizHTTPTests",
            [
                "QuizHTTP", "QuizModel", "QuizWire", "QuizRoom", "QuizRoomHost", "QuizShards", "QuizSocial",
                "QuizContent",
                "QuizTestKit", .hummingbird, .hummingbirdCore, .httpTypes, .nioCore, .nioPosix, .nioLocks, .logging,
            ]),
    ],
    swiftLanguageModes: [.v6]
)
