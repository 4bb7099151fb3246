import Foundation

/// The project's own text files.
struct SourceTree: Sendable {
    /// Every file, in ascending order of its path.
    let files: [SourceFile]

    /// The paths of all files and folders, text or not.
    let paths: Set<String>

    private static let textExtensions: Set<String> = [
        "swift", "md", "py", "h", "modulemap", "sh", "html", "css", "js", "sql", "json",
    ]
    private static let textFolders = ["scripts", ".ci"]
    private static let skippedFolders: Set<String> = [".build", ".git", "__pycache__"]

    /// A tree made of these files alone, for tests of a rule.
    init(_ files: [SourceFile]) {
        self.files = files
        paths = Set(files.map(\.path))
    }

    /// Reads the project that holds this very source file, once for all rules.
    static func ofProject() throws -> SourceTree {
        try project.get()
    }

    private static let project = Result {
        try SourceTree(
            at: URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent())
    }

    private init(at root: URL) throws {
        var files: [SourceFile] = []
        var paths: Set<String> = []
        var folders = [""]
        while let folder = folders.popLast() {
            let place = folder.isEmpty ? root : root.appending(path: folder)
            for name in try FileManager.default.contentsOfDirectory(atPath: place.path).sorted() {
                guard !Self.skippedFolders.contains(name) else { continue }
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                paths.insert(path)
                var isFolder: ObjCBool = false
                let full = root.appending(path: path)
                // A link that leads nowhere has no text to check.
                guard FileManager.default.fileExists(atPath: full.path, isDirectory: &isFolder)
                else { continue }
                if isFolder.boolValue {
                    folders.append(path)
                } else if Self.isText(path) {
                    let text = try String(contentsOf: full, encoding: .utf8)
                    files.append(SourceFile(path: path, text: text))
                }
            }
        }
        self.files = files.sorted { $0.path < $1.path }
        self.paths = paths
    }

    private static func isText(_ path: String) -> Bool {
        let fileExtension = path.split(separator: ".").last.map(String.init) ?? ""
        return textExtensions.contains(fileExtension)
            || textFolders.contains { path.hasPrefix($0 + "/") }
    }
}
