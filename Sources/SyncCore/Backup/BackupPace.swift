/// How many pages of a copy are made at once, so that nobody waits long for the database.
///
/// A step shall take a few milliseconds, on a slow disk and on a fast one.
package struct BackupPace: Sendable {
    /// A step that took longer is followed by a smaller one.
    ///
    /// Nothing may hold the database for 20 ms; half of it is left to chance.
    package static let timeMaximum = Duration.milliseconds(8)
    /// A step that took less is followed by a larger one.
    package static let timeMinimum = Duration.milliseconds(3)
    private static let pagesMinimum = 4
    private static let pagesMaximum = 1024

    /// How many pages the next step copies.
    package private(set) var pages = 32

    package init() {}

    /// Learns how long a step took.
    package mutating func note(_ time: Duration) {
        if time > Self.timeMaximum {
            pages = max(pages / 2, Self.pagesMinimum)
        } else if time < Self.timeMinimum {
            pages = min(pages * 2, Self.pagesMaximum)
        }
    }
}
