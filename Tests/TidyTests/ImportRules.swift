/// Where one C library may be imported.
struct CModuleHome: Sendable {
    /// The module's name.
    let module: String

    /// The folders whose files wrap it; its pointers do not leave them.
    let folders: [String]

    /// Every binding except CUnix, which holds shims of system calls and belongs to no folder.
    static let all = [
        CModuleHome(
            module: "CSQLite", folders: ["Sources/SyncCore/Storage", "Tests/TestSupport"]),
        CModuleHome(
            module: "CSodium",
            folders: [
                "Sources/SyncCore/Identity", "Sources/SyncCore/Storage",
                "Sources/SyncCore/Environment",
            ]),
        CModuleHome(module: "CCrypto", folders: ["Sources/SyncCore/Identity"]),
        CModuleHome(
            module: "CCurl", folders: ["Sources/SyncCore/Network", "Sources/Outbox/Transport"]),
        CModuleHome(module: "CGMime", folders: ["Sources/Outbox/Message"]),
        CModuleHome(module: "CMicrohttpd", folders: ["Sources/HTTPService"]),
        CModuleHome(
            module: "CZstd", folders: ["Sources/SyncCore/Coding", "Sources/SyncCore/Sync"]),
    ]
}

extension TidyRule {
    /// A C module is imported only by its wrapper.
    static let moduleImports = TidyRule(description: "a C module is imported by its wrapper only") {
        file in
        guard file.path.hasSuffix(".swift"), file.path != "Package.swift" else { return [] }
        let candidates = CModuleHome.all.filter { file.mayHold("import \($0.module)") }
        guard !candidates.isEmpty else { return [] }
        return file.code.enumerated().flatMap { index, line in
            candidates.compactMap { home in
                guard line.contains("import "),
                    line.split(separator: " ").last == Substring(home.module),
                    !file.isInside(home.folders)
                else { return nil }
                return Violation(
                    path: file.path, line: index + 1,
                    message: "\(home.module) belongs to \(home.folders.joined(separator: ", "))")
            }
        }
    }
}
