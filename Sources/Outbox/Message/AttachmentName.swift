/// The name under which an attachment travels.
///
/// A name comes from a file of the person's, or from a program, and is opened by somebody
/// else: only its last path component is kept, and nothing in it can hide its extension,
/// leave a folder, or name a device of Windows.
package struct AttachmentName: Hashable, Sendable {
    /// The name, in composed form (NFC).
    package let text: String

    /// How many characters a name may have.
    package static let characterCountMaximum = 120

    /// How many characters of an extension survive when a name is shortened.
    private static let extensionCountMaximum = 16

    /// Cleans a name.
    ///
    /// - Throws: ``MessageError`` with `controlCharacter`, or `badAttachmentName` when nothing
    ///   usable is left.
    package init(_ given: String, attachment number: Int) throws(MessageError) {
        try MailText.refuseControls(given, in: .attachment(number))
        let component = given.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
        var visible = String.UnicodeScalarView()
        for scalar in MimeLibrary.composed(String(component)).unicodeScalars
        where !scalar.isInvisibleFormat {
            visible.append("<>:\"|?*".unicodeScalars.contains(scalar) ? "_" : scalar)
        }
        var name = String(visible.drop { $0 == "." || $0 == " " })
        // Windows drops these itself, and then shows another name than the one that was checked.
        while let last = name.last, last == "." || last == " " { name.removeLast() }
        guard !name.isEmpty else { throw MessageError(.badAttachmentName, in: .attachment(number)) }
        let stem = name.split(separator: ".")[0].uppercased()
        if Self.deviceNames.contains(stem) { name = "_" + name }
        text = Self.shortened(name)
    }

    private static func shortened(_ name: String) -> String {
        guard name.count > characterCountMaximum else { return name }
        let suffix = name.lastIndex(of: ".").map { name[$0...] } ?? ""
        guard suffix.count <= extensionCountMaximum else {
            return String(name.prefix(characterCountMaximum))
        }
        return String(name.prefix(characterCountMaximum - suffix.count)) + suffix
    }

    /// Names that Windows gives to devices, whatever extension follows.
    private static let deviceNames: Set<String> = Set(
        ["CON", "PRN", "AUX", "NUL"] + (1...9).flatMap { ["COM\($0)", "LPT\($0)"] })
}
