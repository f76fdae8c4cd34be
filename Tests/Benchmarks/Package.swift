// swift-tools-version: 6.1

import PackageDescription

/// The product's folder, two above this one. SwiftPM names a package in a folder after it.
let folder = Context.packageDirectory.split(separator: "/").dropLast(2).last.map { $0.lowercased() } ?? ""

/// The operations use what is `package` in the product, and so are compiled as a part of it; `packageAccess: false` keeps SwiftPM from saying
/// that they are a part of this package.
let asPartOfTheProduct: [SwiftSetting] = [
    .unsafeFlags(["-package-name", String(folder.map { $0.isLetter || $0.isNumber ? $0 : "_" })])
]

let package = Package(
    name: "quizmania-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(path: "../.."),
        // Its counters of allocations need packages of their own; `Allocations` counts without them.
        .package(url: "https://github.com/ordo-one/benchmark.git", exact: "1.38.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    ],
    targets: [
        .target(
            name: "Operations",
            dependencies: [
                .product(name: "QuizMeasured", package: folder), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            packageAccess: false, swiftSettings: asPartOfTheProduct),
        .executableTarget(
            name: "Micro",
            dependencies: ["Operations", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/Micro",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
        .target(name: "CAllocations"),
        .executableTarget(name: "Allocations", dependencies: ["Operations", "CAllocations"]),
    ]
)
