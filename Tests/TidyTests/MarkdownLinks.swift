/// Checks that the links of the documentation lead somewhere.
enum MarkdownLinks {
    /// Finds links to files or headings that do not exist.
    static func violations(in tree: SourceTree) -> [Violation] {
        let pages = tree.files.filter { $0.path.hasSuffix(".md") }
        let anchors = Dictionary(
            uniqueKeysWithValues: pages.map { ($0.path, headingAnchors(of: $0)) })
        return pages.flatMap { page in
            prose(of: page).flatMap { index, line in
                line.matches(of: /\]\(([^)\s]+)\)/).compactMap { match in
                    complaint(about: String(match.1), on: page, tree, anchors).map {
                        Violation(path: page.path, line: index + 1, message: $0)
                    }
                }
            }
        }
    }

    private static func complaint(
        about target: String, on page: SourceFile, _ tree: SourceTree,
        _ anchors: [String: Set<String>]
    ) -> String? {
        guard target.firstMatch(of: /^(https?|mailto):/) == nil else { return nil }
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].isEmpty ? page.path : resolve(String(parts[0]), from: page.path)
        guard tree.paths.contains(path) else {
            return "the link leads to '\(path)', which is missing"
        }
        guard parts.count == 2, let known = anchors[path] else { return nil }
        return known.contains(String(parts[1]))
            ? nil : "'\(path)' has no heading '#\(parts[1])'"
    }

    private static func resolve(_ target: String, from page: String) -> String {
        var folders = page.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = folders.popLast()
            default: folders.append(String(part))
            }
        }
        return folders.joined(separator: "/")
    }

    /// The lines outside code fences, with their indices.
    private static func prose(of page: SourceFile) -> [(Int, String)] {
        var isInFence = false
        return page.lines.enumerated().compactMap { index, line in
            if line.hasPrefix("```") {
                isInFence.toggle()
                return nil
            }
            return isInFence ? nil : (index, line)
        }
    }

    private static func headingAnchors(of page: SourceFile) -> Set<String> {
        Set(
            prose(of: page).compactMap { _, line in
                guard line.hasPrefix("#") else { return nil }
                let title = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
                let kept = title.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                return kept.replacing(" ", with: "-")
            })
    }
}
