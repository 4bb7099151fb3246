// swift-tools-version: 6.2

import PackageDescription

/// Every target of ours is built the same way; only the C bindings differ.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "syncmail",
    products: [
        .executable(name: "syncmail", targets: ["syncmail"]),
        .executable(name: "syncmail-agent", targets: ["Agent"]),
        .executable(name: "syncmail-server", targets: ["syncmail-server"]),
    ],
    targets: [
        // C libraries of the system: a module map and typed shims, no logic.
        .system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        .system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
        .system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        .system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        .system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        .system("CGMime", pkgConfig: "gmime-3.0", apt: "libgmime-3.0-dev"),
        .system("CMicrohttpd", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        .systemLibrary(name: "CUnix", path: "Sources/CLibraries/CUnix"),

        // The product. Dependencies point one way.
        .target(
            name: "SyncCore",
            dependencies: ["CSQLite", "CSodium", "CCrypto", "CCurl", "CZstd", "CUnix"],
            swiftSettings: strict),
        .target(
            name: "Outbox", dependencies: ["SyncCore", "CCurl", "CGMime", "CUnix"],
            swiftSettings: strict),
        .target(name: "Front", dependencies: ["CUnix"], swiftSettings: strict),
        .target(
            name: "HTTPService", dependencies: ["SyncCore", "CMicrohttpd", "CUnix"],
            swiftSettings: strict),
        .executableTarget(
            name: "Agent", dependencies: ["SyncCore", "Outbox", "Front", "HTTPService", "CUnix"],
            swiftSettings: strict),
        .executableTarget(
            name: "syncmail", dependencies: ["Front"], swiftSettings: strict,
            // Starts in 0.7 ms. Only in release: the flag would leak into test bundles and
            // sanitizers.
            linkerSettings: [
                .unsafeFlags(["-static-executable"], .when(configuration: .release))
            ]),
        .target(
            name: "SyncServer", dependencies: ["SyncCore", "HTTPService", "CUnix"],
            swiftSettings: strict),
        .executableTarget(
            name: "syncmail-server", dependencies: ["SyncServer", "SyncCore"],
            swiftSettings: strict),

        // What tests stand on. None of it ships.
        .target(
            name: "TestSupport", dependencies: ["SyncCore", "CSQLite"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .target(name: "TestThreads", path: "Tests/TestThreads", swiftSettings: strict),
        .target(
            name: "Simulation",
            dependencies: [
                "HTTPService", "SyncCore", "Outbox", "SyncServer", "TestSupport", "CSodium",
            ],
            path: "Tests/Simulation", exclude: ["Mutants"], swiftSettings: strict),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation", "SyncCore"], path: "Tests/simulate",
            swiftSettings: strict),
        .executableTarget(
            name: "torture", dependencies: ["SyncCore", "TestSupport"], path: "Tests/Torture",
            swiftSettings: strict),
        .target(
            name: "Fuzz",
            dependencies: ["Front", "HTTPService", "Outbox", "SyncCore", "TestSupport"],
            path: "Tests/Fuzz", swiftSettings: strict),
        .executableTarget(
            name: "Benchmarks", dependencies: ["SyncCore", "Outbox", "TestSupport"],
            path: "Tests/Benchmarks", swiftSettings: strict),
        .testTarget(
            name: "SyncCoreTests", dependencies: ["SyncCore", "TestSupport", "TestThreads"],
            swiftSettings: strict),
        .testTarget(
            name: "OutboxTests",
            dependencies: ["Outbox", "SyncCore", "TestSupport", "TestThreads"],
            exclude: ["Transport/scripted_server.py"],
            swiftSettings: strict),
        .testTarget(
            name: "AgentTests",
            dependencies: [
                "Agent", "Front", "HTTPService", "Outbox", "SyncCore", "SyncServer", "TestSupport",
                "TestThreads",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FrontTests", dependencies: ["Front"], swiftSettings: strict),
        .testTarget(
            name: "HTTPServiceTests", dependencies: ["HTTPService", "TestSupport", "TestThreads"],
            swiftSettings: strict),
        .testTarget(
            name: "SyncServerTests",
            dependencies: ["HTTPService", "SyncServer", "TestSupport", "TestThreads"],
            swiftSettings: strict),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation", "TestThreads", "simulate"],
            swiftSettings: strict),
        .testTarget(
            name: "FuzzTests", dependencies: ["Fuzz", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

extension Target {
    /// A system library bound under `Sources/CLibraries`.
    static func system(_ name: String, pkgConfig: String, apt: String) -> Target {
        .systemLibrary(
            name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig,
            providers: [.apt([apt])])
    }
}
