// swift-tools-version: 6.2
import PackageDescription

/// A target exists because one outside library is let in there and nowhere else: `docs/architecture.md`.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// `assets`: files that are embedded at build time, `PackageResources` in the target's code.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], assets: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: assets.map { .embedInCode("Assets/\($0)") },
        swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies + ["TestSupport"], exclude: exclude, swiftSettings: settings)
}

let grdb: [Target.Dependency] = [
    .product(name: "GRDB", package: "GRDB.swift"),
    .product(name: "GRDBSQLite", package: "GRDB.swift"),
]
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "lethe",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "lethe", targets: ["CLI"]),
        .executable(name: "lethe-bench", targets: ["Benchmarks"]),
        .executable(name: "lethe-worlds", targets: ["Worlds"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        room("Domain"),
        room(
            "Rules", ["Domain", "Cryptography", .product(name: "Yams", package: "Yams")],
            assets: ["policies.schema.json"]),
        room("Cryptography", ["Domain", "COpenSSL"]),
        room("Inventory", ["Domain", "Cryptography"] + grdb),
        room("Audit", ["Domain", "Cryptography"] + grdb),
        room(
            "LinqClient",
            [
                "Domain", "Cryptography",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        room("Engine", ["Domain", "Cryptography", "Rules", "Inventory", "Audit", "LinqClient"]),
        room(
            "Reports",
            [
                "Domain", "Cryptography", "Rules", "Inventory", "Audit",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            assets: [
                "VERIFY.md", "cell.mustache", "certificate.css", "certificate.mustache", "certificate.schema.json",
                "report.css", "report.mustache", "shared.css", "signs.mustache", "table.mustache", "value.mustache",
                "verify.py", "verify.sh",
            ]),
        room(
            "Simulator",
            [
                "Domain", "Cryptography",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "Domain", "Cryptography", "Rules", "Inventory", "Audit", "LinqClient", "Engine", "Reports",
                "Simulator", argumentParser,
            ],
            // The policies of the demo are those of `policies/`.
            exclude: ["Demo/Policies/tests"],
            resources: ["default", "health-data", "identity-documents", "marketing", "support-line"].map {
                .embedInCode("Demo/Policies/\($0).yaml")
            } + ["lethe", "retention"].map { .embedInCode("Configuration/Template/\($0).yaml") },
            swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: ["Domain"], path: "Tests/TestSupport", swiftSettings: settings),
        tests("Domain", ["Domain"]),
        tests("Cryptography", ["Domain", "Cryptography"]),
        tests("Rules", ["Domain", "Rules"]),
        tests("Inventory", ["Domain", "Cryptography", "Rules", "Inventory"] + grdb),
        tests("Audit", ["Domain", "Cryptography", "Audit"] + grdb, exclude: ["Verifier/verify.py"]),
        tests("LinqClient", ["Domain", "Cryptography", "LinqClient"]),
        tests(
            "Engine", ["Domain", "Cryptography", "Rules", "Inventory", "Audit", "LinqClient", "Engine", "Simulator"]),
        // A library of its own: built for release without `@testable`, and its runner is a binary of two lines.
        .target(
            name: "WorldSimulation",
            dependencies: [
                "Domain", "Cryptography", "Rules", "Inventory", "Audit", "LinqClient", "Engine", "TestSupport",
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            path: "Tests/WorldSimulation", swiftSettings: settings),
        .executableTarget(
            name: "Worlds", dependencies: ["WorldSimulation"], path: "Tests/Worlds", swiftSettings: settings),
        tests("WorldSimulation", ["WorldSimulation"]),
        tests("Reports", ["Domain", "Cryptography", "Rules", "Inventory", "Audit", "Engine", "Reports"]),
        tests("Simulator", ["Domain", "Cryptography", "Simulator"], exclude: ["Routes/sdk_check.py"]),
        // The binary itself, in a subprocess: it lies beside the test bundle.
        tests("CLI", ["CLI"], exclude: ["Goldens"]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Domain", "Cryptography", "Rules", "Inventory", "Audit", "LinqClient", "Engine", "Simulator",
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            path: "Tests/Benchmarks", exclude: ["custodian.py"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
