extension TidyRule {
    // Written in two pieces, so that this file keeps its own rule.
    private static let foreignPlaces = ["/work" + "/main", "/work" + "/shared", "/tmp" + "/wt"]

    /// The project speaks of itself alone, never of a machine on which it was written.
    static let selfContained = TidyRule(description: "no path of somebody's machine is named") {
        file in
        guard foreignPlaces.contains(where: file.mayHold) else { return [] }
        return file.lines.enumerated().flatMap { index, line in
            foreignPlaces.compactMap { place in
                guard line.contains(place), !line.contains("https://") else { return nil }
                return Violation(
                    path: file.path, line: index + 1,
                    message: "'\(place)' is a place on one machine; name a path of the project")
            }
        }
    }
}
